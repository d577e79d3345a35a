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
#include "service/ledger/sqlite_file.h"
#include "service/ledger/sqlite_log.h"
#include "service/ledger/sqlite_rows.h"
#include "service/ledger/sqlite_schema.h"
#include "service/observe/keyed_hash.h"
#include "service/observe/log.h"

namespace gw::ledger {
namespace {

namespace fs = std::filesystem;

constexpr int kOrphansAtOnce = 1000;

// Whether it is the works that SQLite refused, and not the file that failed.
bool IsTheWorks(int code) {
  return code == SQLITE_CONSTRAINT || code == SQLITE_TOOBIG || code == SQLITE_MISMATCH ||
         code == SQLITE_RANGE || code == SQLITE_ERROR;
}

class OpenStore : public Store {
 public:
  OpenStore(std::string path, std::string vfs, std::unique_ptr<LockFile> lock,
            std::unique_ptr<SqliteConnection> connection, const Secret& hash_key, Clock& clock,
            Random& random)
      : path_(std::move(path)),
        vfs_(std::move(vfs)),
        file_(SqliteFileId(path_)),
        lock_(std::move(lock)),
        db_(std::move(connection)),
        hash_(hash_key),
        clock_(clock),
        owner_(MakeUuid(random, clock.WallNow())) {}
  ~OpenStore() override {
    reader_.reset();
    db_.reset();
    // What the log held is in the file now.
    std::error_code error;
    if (!fs::exists(absl::StrCat(path_, "-wal"), error) && !error) lock_->SetMark("");
  }

  std::optional<StoreFailure> Run(absl::Span<Work> works) override {
    if (!lock_->StillThere() || SqliteFileId(path_) != file_) {
      return StoreFailure{absl::StrCat(
          "SQLite: ", path_, " or its lock file was removed or replaced while it was in use")};
    }
    SqliteRows rows(*db_, clock_, hash_, owner_);
    db_->Ask("BEGIN IMMEDIATE").Next();
    for (Work& work : works) {
      if (db_->error() != SQLITE_OK) break;
      RunOne(rows, work);
    }
    db_->Ask("COMMIT").Next();
    if (db_->error() != SQLITE_OK) return RolledBack();
    log_is_to_go_ |= rows.erased();
    if (log_is_to_go_) Truncate();
    return std::nullopt;
  }

  // On a connection of its own: in a write-ahead log, reading and writing do not wait for each
  // other.
  std::optional<StoreFailure> Read(const std::function<void(Rows&)>& run) override {
    if (reader_ == nullptr) {
      auto opened = SqliteConnection::Open(path_, vfs_);
      if (!opened.ok()) return StoreFailure{std::string(opened.status().message())};
      reader_ = *std::move(opened);
      reader_->Execute("PRAGMA query_only = ON");
    }
    SqliteRows rows(*reader_, clock_, hash_, owner_);
    reader_->Execute("BEGIN");
    run(rows);
    reader_->Execute("COMMIT");
    if (reader_->error() == SQLITE_OK) return std::nullopt;
    StoreFailure failure{absl::StrCat("SQLite: ", reader_->ErrorText())};
    reader_.reset();
    return failure;
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
    // What was written and not committed would look like damage (sqlite_log.h).
    log_is_to_go_ = true;
    StoreFailure failure;
    failure.what = absl::StrCat("SQLite: ", db_->ErrorText());
    failure.store_is_away = !IsTheWorks(db_->error());
    db_->ClearError();
    db_->Execute("ROLLBACK");  // an error of its own: SQLite has done it by itself
    db_->ClearError();
    return failure;
  }

  // The log holds pages as they were before, or that were never committed. Somebody who reads it, a
  // backup perhaps, is not waited for, as others would wait, too: it is tried again after the next
  // commit.
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
    if (done) log_is_to_go_ = told_of_log_ = false;
  }

  const std::string path_;
  const std::string vfs_;
  const FileId file_;
  const std::unique_ptr<LockFile> lock_;
  std::unique_ptr<SqliteConnection> db_;
  std::unique_ptr<SqliteConnection> reader_;  // of the thread that reads
  const observe::KeyedHash hash_;
  Clock& clock_;
  const std::string owner_;
  bool log_is_to_go_ = false;
  bool told_of_log_ = false;
};

absl::Status Refuse(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", why));
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

// A log that is gone is not missed by SQLite. By the mark that each process leaves, in the file
// through the log and in the lock file, it is seen that something was in it.
absl::Status CheckMark(SqliteConnection& connection, const std::string& mark_before,
                       const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(absl::StrCat(path, "-wal"), error);
  if (mark_before.empty() || (!error && size != 0)) return absl::OkStatus();
  if (connection.Value("SELECT value FROM meta WHERE key = 'mark'") == mark_before) {
    return absl::OkStatus();
  }
  return Refuse(path,
                absl::StrCat("its log ", path, "-wal is gone, and a gateway that did not end ",
                             "in order wrote to it; restore it. If this file is a backup, "
                             "remove ",
                             path, ".lock, too"));
}

absl::Status Mark(SqliteConnection& connection, LockFile& lock, const std::string& mark) {
  connection.Ask("INSERT OR REPLACE INTO meta (key, value) VALUES ('mark', ?)")
      .BindBlob(mark)
      .Next();
  if (connection.error() != SQLITE_OK) {
    return absl::FailedPreconditionError(connection.ErrorText());
  }
  if (lock.SetMark(mark)) return absl::OkStatus();
  return absl::FailedPreconditionError("its lock file cannot be written");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> SqliteStore::Open(const Options& options, Clock& clock,
                                                         Random& random) {
  const std::string path = RealSqlitePath(options.path);
  if (absl::Status status = MakeSqliteFolder(path); !status.ok()) return status;
  auto lock = LockFile::Take(absl::StrCat(path, ".lock"), options.lock_timeout);
  if (!lock.ok()) return lock.status();
  const std::string& mark_before = (*lock)->mark_before();
  absl::Status status = MakeSqliteFileIfNew(path, options.vfs, !mark_before.empty());
  if (status.ok()) status = CheckSqliteLog(absl::StrCat(path, "-wal"));
  if (!status.ok()) return status;

  auto connection = SqliteConnection::Open(path, options.vfs);
  if (!connection.ok()) return Refuse(path, connection.status().message());
  status = CheckSqliteFile(**connection);
  if (status.ok()) status = CheckMark(**connection, mark_before, path);
  if (status.ok()) status = BringSqliteFileForward(**connection);
  if (!status.ok()) return Refuse(path, status.message());
  (*connection)->EmptyLogOnClose();
  status = ConfigureSqlite(**connection);
  if (!status.ok()) return Refuse(path, status.message());
  const Secret key =
      options.hash_key.empty() ? KeptHashKey(**connection, random) : options.hash_key;
  if ((*connection)->error() != SQLITE_OK) return Refuse(path, (*connection)->ErrorText());
  status = Mark(**connection, **lock, MakeUuid(random, clock.WallNow()));
  if (!status.ok()) return Refuse(path, status.message());

  auto store = std::make_unique<OpenStore>(path, options.vfs, *std::move(lock),
                                           *std::move(connection), key, clock, random);
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
