// A folder with a ledger in SQLite, and what is done to it.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "service/base/random.h"
#include "service/ledger/email_key.h"
#include "service/ledger/sqlite_store.h"
#include "tests/support/fakes.h"

namespace gw::testing {

inline std::string BytesOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Removed with all that is in it.
class LedgerFolder {
 public:
  LedgerFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ledger-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    folder_ = name;
  }
  ~LedgerFolder() { std::filesystem::remove_all(folder_); }
  LedgerFolder(const LedgerFolder&) = delete;
  LedgerFolder& operator=(const LedgerFolder&) = delete;

  const std::string& folder() const { return folder_; }
  /// Of the ledger that Open opens.
  std::string path() const { return folder_ + "/ledger.db"; }

  absl::StatusOr<std::unique_ptr<ledger::Store>> Open() { return Open({}); }
  /// `options` but for the path, where it is empty.
  absl::StatusOr<std::unique_ptr<ledger::Store>> Open(ledger::SqliteStore::Options options) {
    if (options.path.empty()) options.path = path();
    options.lock_timeout = absl::ZeroDuration();
    return ledger::SqliteStore::Open(options, clock, random);
  }

  /// The database and its log, as a crash of the machine at this moment would leave them at best.
  void CopyTo(const LedgerFolder& other) const {
    for (const char* suffix : {"", "-wal"}) {
      if (std::filesystem::exists(path() + suffix)) {
        WriteBytes(other.path() + suffix, BytesOf(path() + suffix));
      }
    }
  }

  /// Every file but those that hold nothing: the lock, SQLite's shared memory, an empty log.
  std::map<std::string, std::string> Contents() const {
    std::map<std::string, std::string> contents;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      const std::string name = entry.path().string();
      if (!entry.is_regular_file() || name.ends_with(".lock") || name.ends_with("-shm")) continue;
      std::string bytes = BytesOf(name);
      if (name.ends_with("-wal") && bytes.empty()) continue;
      contents[name] = std::move(bytes);
    }
    return contents;
  }

  FakeClock clock;
  Random& random = SystemRandom();  // so that no two owners are the same

 private:
  std::string folder_;
};

/// Somebody's connection, beside the ledger's own.
class OtherConnection {
 public:
  explicit OtherConnection(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &db_), SQLITE_OK) << path;
  }
  ~OtherConnection() { sqlite3_close(db_); }
  OtherConnection(const OtherConnection&) = delete;
  OtherConnection& operator=(const OtherConnection&) = delete;

  /// The first column of the last row.
  std::string Ask(const std::string& sql) {
    std::string value;
    const auto keep = [](void* to, int, char** columns, char**) {
      *static_cast<std::string*>(to) = columns[0] == nullptr ? "" : columns[0];
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), keep, &value, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(db_);
    return value;
  }

 private:
  sqlite3* db_ = nullptr;
};

inline ledger::Intent IntentFor(const std::string& request_id,
                                const std::string& email = "ann@example.com") {
  ledger::Intent intent;
  intent.key = {"a caller", request_id};
  intent.examination_id = 7;
  intent.candidate_email = email;
  intent.email_key = ledger::EmailKeyOf(email);
  intent.actor = "a caller";
  return intent;
}

/// Runs one work: empty when it is done, `away: …` or `refused: …` when not.
inline std::string RunOne(ledger::Store& store, ledger::Work& work) {
  if (auto* begin = std::get_if<ledger::BeginWork>(&work)) begin->intent.owner = store.OwnerId();
  const auto failure = store.Run(absl::MakeSpan(&work, 1));
  if (!failure) return "";
  return (failure->store_is_away ? "away: " : "refused: ") + failure->what;
}

inline std::string Begin(ledger::Store& store, ledger::Intent intent,
                         ledger::Begun* begun = nullptr) {
  ledger::Work work = ledger::BeginWork{std::move(intent), {}};
  std::string problem = RunOne(store, work);
  if (begun != nullptr) *begun = std::get<ledger::BeginWork>(work).begun;
  return problem;
}

inline std::string Settle(ledger::Store& store, const std::string& request_id) {
  ledger::SettleWork settle;
  settle.key = {"a caller", request_id};
  settle.outcome.verdict = ledger::Outcome::Verdict::kSucceeded;
  settle.outcome.invite_id = 31;
  settle.outcome.invite_link = "https://portal.example/invite/31";
  ledger::Work work = std::move(settle);
  return RunOne(store, work);
}

inline std::string Do(ledger::Store& store, std::function<void(ledger::Rows&)> run) {
  ledger::Work work = ledger::OtherWork{std::move(run)};
  return RunOne(store, work);
}

/// `(none)`, or the row's state, its attempt and its events: `SUCCEEDED 1: PENDING SUCCEEDED`.
inline std::string StoryOf(ledger::Store& store, const std::string& request_id) {
  std::string story = "(none)";
  const std::string problem = Do(store, [&](ledger::Rows& rows) {
    const auto row = rows.Find({"a caller", request_id});
    if (!row) return;
    story = std::string(ledger::StateName(row->state)) + " " + std::to_string(row->attempt) + ":";
    for (const ledger::Event& event : rows.Events(row->seq)) {
      story += " " + std::string(ledger::StateName(event.state));
    }
  });
  EXPECT_EQ(problem, "");
  return story;
}

}  // namespace gw::testing
