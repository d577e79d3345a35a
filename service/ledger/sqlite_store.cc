#include "service/ledger/sqlite_store.h"

#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "service/ledger/lock_file.h"
#include "service/ledger/operations.h"
#include "service/ledger/sqlite_connection.h"
#include "service/ledger/sqlite_rows.h"
#include "service/ledger/sqlite_schema.h"
#include "service/observe/keyed_hash.h"
#include "service/observe/log.h"

namespace gw::ledger {
namespace {

namespace fs = std::filesystem;

constexpr int kOrphansAtOnce = 1000;
constexpr uintmax_t kSmallestPage = 512;

// Whether it is the works that SQLite refused, and not the file that failed.
bool IsTheWorks(int code) {
  return code == SQLITE_CONSTRAINT || code == SQLITE_TOOBIG || code == SQLITE_MISMATCH ||
         code == SQLITE_RANGE || code == SQLITE_ERROR;
}

class OpenStore : public Store {
 public:
  OpenStore(std::unique_ptr<LockFile> lock, std::unique_ptr<SqliteConnection> connection,
            Secret hash_key, Clock& clock, Random& random)
      : lock_(std::move(lock)),
        db_(std::move(connection)),
        hash_(std::move(hash_key)),
        clock_(clock),
        owner_(MakeUuid(random, clock.WallNow())) {}

  std::optional<StoreFailure> Run(absl::Span<Work> works) override {
    SqliteRows rows(*db_, clock_, hash_, owner_);
    db_->Execute("BEGIN IMMEDIATE");
    for (Work& work : works) {
      if (db_->error() != SQLITE_OK) break;
      RunOne(rows, work);
    }
    db_->Execute("COMMIT");
    if (db_->error() != SQLITE_OK) return RolledBack();
    log_holds_erased_ |= rows.erased();
    if (log_holds_erased_) Truncate();
    return std::nullopt;
  }

  std::string OwnerId() override { return owner_; }
  bool OwnsFor(const std::string& owner, absl::Duration /*span*/) override {
    return owner == owner_;
  }
  void Release() override {}  // whoever has the lock next owns what is here

 private:
  static void RunOne(Rows& rows, Work& work) {
    if (auto* begin = std::get_if<BeginWork>(&work)) {
      begin->begun = Begin(rows, begin->intent);
    } else if (auto* settle = std::get_if<SettleWork>(&work)) {
      SettleRow(rows, *settle);
    } else {
      std::get<OtherWork>(work).run(rows);
    }
  }

  StoreFailure RolledBack() {
    StoreFailure failure;
    failure.what = absl::StrCat("SQLite: ", db_->ErrorText());
    failure.store_is_away = !IsTheWorks(db_->error());
    db_->ClearError();
    db_->Execute("ROLLBACK");  // an error of its own: SQLite has done it by itself
    db_->ClearError();
    return failure;
  }

  // The log holds pages as they were before. Somebody who reads it, a backup perhaps, is not waited
  // for, as others would wait, too: it is tried again after the next commit.
  void Truncate() {
    db_->WaitForOthers(false);
    const bool done = db_->Value("PRAGMA wal_checkpoint(TRUNCATE)") == "0";
    if (!done && !std::exchange(told_of_log_, true)) {
      observe::Log(
          observe::LogLevel::kWarn, "ledger_log_not_truncated",
          {{"problem", db_->error() == SQLITE_OK ? "somebody else reads it" : db_->ErrorText()}});
    }
    db_->ClearError();
    db_->WaitForOthers(true);
    if (done) log_holds_erased_ = told_of_log_ = false;
  }

  const std::unique_ptr<LockFile> lock_;  // first: let go of last
  const std::unique_ptr<SqliteConnection> db_;
  const observe::KeyedHash hash_;
  Clock& clock_;
  const std::string owner_;
  bool log_holds_erased_ = false;
  bool told_of_log_ = false;
};

absl::Status Refuse(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", why));
}

// Where the file really is: two names of one file must have one lock.
std::string RealPath(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  return error ? path : real.string();
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  return error ? Refuse(path, absl::StrCat("its folder cannot be made: ", error.message()))
               : absl::OkStatus();
}

// A ledger is made only where there never was one.
absl::Status MakeIfNew(const std::string& path, const std::string& vfs) {
  std::error_code error;
  if (fs::exists(path, error)) {
    if (!fs::is_regular_file(path, error)) return Refuse(path, "is not a file");
    // To SQLite a file without a whole header is a new database.
    if (fs::file_size(path, error) >= kSmallestPage || error) return absl::OkStatus();
    return Refuse(path,
                  "is empty or cut off; restore it from a backup, or remove it if there never was "
                  "a ledger here");
  }
  if (error) return Refuse(path, absl::StrCat("cannot be read: ", error.message()));
  const std::string log = absl::StrCat(path, "-wal");
  if (fs::exists(log, error) && fs::file_size(log, error) != 0) {
    return Refuse(path, absl::StrCat("is not there, but its log ", log,
                                     " is: restore both, or remove the log if what it holds is "
                                     "known to be of no use"));
  }
  observe::Log(observe::LogLevel::kInfo, "ledger_made", {{"path", path}});
  const absl::Status status = MakeSqliteFile(path, vfs);
  return status.ok() ? status : Refuse(path, status.message());
}

// The key kept in the file, made when there is none.
Secret KeptHashKey(SqliteConnection& connection, Random& random) {
  std::string kept = connection.Value("SELECT value FROM meta WHERE key = 'hash_key'");
  if (!kept.empty() || connection.error() != SQLITE_OK) return Secret(std::move(kept));
  Secret made = observe::RandomHashKey(random);
  connection.Ask("INSERT INTO meta (key, value) VALUES ('hash_key', ?)")
      .BindBlob(made.Reveal())
      .Next();
  return made;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> SqliteStore::Open(Options options, Clock& clock,
                                                         Random& random) {
  const std::string path = RealPath(options.path);
  if (absl::Status status = MakeFolder(path); !status.ok()) return status;
  auto lock = LockFile::Take(absl::StrCat(path, ".lock"), options.lock_timeout);
  if (!lock.ok()) return lock.status();
  if (absl::Status status = MakeIfNew(path, options.vfs); !status.ok()) return status;

  auto connection = SqliteConnection::Open(path, options.vfs);
  if (!connection.ok()) return Refuse(path, connection.status().message());
  absl::Status status = CheckSqliteFile(**connection);
  if (!status.ok()) return Refuse(path, status.message());
  (*connection)->EmptyLogOnClose();
  status = ConfigureSqlite(**connection);
  if (!status.ok()) return Refuse(path, status.message());
  Secret key = options.hash_key.empty() ? KeptHashKey(**connection, random) : options.hash_key;
  if ((*connection)->error() != SQLITE_OK) return Refuse(path, (*connection)->ErrorText());

  auto store = std::make_unique<OpenStore>(*std::move(lock), *std::move(connection), std::move(key),
                                           clock, random);
  int orphans = kOrphansAtOnce;
  while (orphans == kOrphansAtOnce) {
    Work work =
        OtherWork{[&orphans](Rows& rows) { orphans = PutOrphansInDoubt(rows, kOrphansAtOnce); }};
    if (const auto failure = store->Run(absl::MakeSpan(&work, 1))) {
      return Refuse(path, failure->what);
    }
    if (orphans > 0) {
      observe::Log(observe::LogLevel::kWarn, "allocations_in_doubt_after_restart",
                   {{"count", orphans}});
    }
  }
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace gw::ledger
