#include "service/ledger/sqlite_schema.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gw::ledger {
namespace {

// `CoGL`: by PRAGMA application_id a file of somebody else's is told from ours.
constexpr int kApplicationId = 0x436f474c;

// What brings a file from version N to N + 1; the first makes a new one, one that was released is
// never changed. Times are microseconds since 1970.
//
// Each index is one more tree to write to for every allocation, twice when it is about the state.
// So from version 2 on there is none over all states, the events of a row lie side by side in a
// table that is its own index, and no foreign key is looked up for every event: one program writes
// both tables, in one transaction.
constexpr std::array<const char*, kSqliteSchemaVersion> kMigrations = {R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE allocations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  caller TEXT NOT NULL,
  request_id TEXT NOT NULL,
  examination_id INTEGER NOT NULL,
  candidate_email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('PENDING', 'SUCCEEDED', 'FAILED', 'IN_DOUBT', 'CANCELLED', 'ABANDONED')),
  attempt INTEGER NOT NULL,
  resendable INTEGER NOT NULL,
  invite_id INTEGER NOT NULL,
  invite_link TEXT NOT NULL,
  create_time INTEGER NOT NULL,
  update_time INTEGER NOT NULL,
  owner TEXT NOT NULL,
  error TEXT NOT NULL,
  UNIQUE (caller, request_id)
) STRICT;
CREATE INDEX allocations_like ON allocations (email_key, examination_id, caller);
CREATE INDEX allocations_invite ON allocations (invite_id) WHERE invite_id != 0;
CREATE INDEX allocations_state ON allocations (state, update_time);
CREATE INDEX allocations_listed ON allocations (caller, state);
CREATE INDEX allocations_examination ON allocations (caller, examination_id);
CREATE TABLE allocation_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  allocation INTEGER NOT NULL REFERENCES allocations (seq) ON DELETE CASCADE,
  time INTEGER NOT NULL,
  state TEXT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL,
  attempt INTEGER NOT NULL
) STRICT;
CREATE INDEX allocation_events_of ON allocation_events (allocation);
CREATE TABLE examination_lists (
  base_url TEXT PRIMARY KEY, fetch_time INTEGER NOT NULL, list BLOB NOT NULL) STRICT;
)sql",
                                                                       R"sql(
DROP INDEX allocations_state;
DROP INDEX allocations_listed;
CREATE INDEX allocations_open ON allocations (state) WHERE state IN ('PENDING', 'IN_DOUBT');
CREATE INDEX allocations_done ON allocations (state, update_time)
  WHERE state NOT IN ('PENDING', 'IN_DOUBT');
CREATE INDEX allocations_of ON allocations (caller);
ALTER TABLE allocation_events RENAME TO old_events;
CREATE TABLE allocation_events (
  allocation INTEGER NOT NULL,
  number INTEGER NOT NULL,
  time INTEGER NOT NULL,
  state TEXT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  PRIMARY KEY (allocation, number)
) STRICT, WITHOUT ROWID;
INSERT INTO allocation_events
  SELECT allocation, row_number() OVER (PARTITION BY allocation ORDER BY id),
    time, state, actor, note, attempt FROM old_events ORDER BY allocation, id;
DROP TABLE old_events;
)sql"};

absl::Status Refuse(absl::string_view why) { return absl::FailedPreconditionError(why); }

absl::Status StatusOf(const SqliteConnection& connection) {
  return connection.error() == SQLITE_OK ? absl::OkStatus() : Refuse(connection.ErrorText());
}

int NumberOf(SqliteConnection& connection, const char* pragma) {
  int number = -1;
  return absl::SimpleAtoi(connection.Value(pragma), &number) ? number : -1;
}

void Migrate(SqliteConnection& connection, int from) {
  connection.Execute("BEGIN IMMEDIATE");
  for (int version = from; version < kSqliteSchemaVersion; ++version) {
    connection.Execute(kMigrations[static_cast<size_t>(version)]);
  }
  connection.Execute(absl::StrCat("PRAGMA user_version = ", kSqliteSchemaVersion).c_str());
  connection.Execute("COMMIT");
}

bool SyncPath(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = fsync(fd) == 0;
  close(fd);
  return synced;
}

absl::Status FillFile(const std::string& path, const std::string& vfs) {
  auto connection = SqliteConnection::Open(path, vfs);
  if (!connection.ok()) return connection.status();
  (*connection)->Execute("PRAGMA synchronous = FULL");
  (*connection)->Execute(absl::StrCat("PRAGMA application_id = ", kApplicationId).c_str());
  Migrate(**connection, 0);
  return StatusOf(**connection);
}

}  // namespace

absl::Status MakeSqliteFile(const std::string& path, const std::string& vfs) {
  const std::string unfinished = absl::StrCat(path, ".new");
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::remove(absl::StrCat(unfinished, suffix).c_str());
  }
  // Nobody else's to read: it will hold addresses and invite links. SQLite gives its other files
  // the same mode.
  const int fd = open(unfinished.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return Refuse(absl::StrCat("cannot be made: ", strerror(errno)));
  close(fd);
  if (absl::Status status = FillFile(unfinished, vfs); !status.ok()) return status;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (!SyncPath(unfinished, O_RDWR) || std::rename(unfinished.c_str(), path.c_str()) != 0 ||
      !SyncPath(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY)) {
    return Refuse(absl::StrCat("cannot be made: ", strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Status CheckSqliteFile(SqliteConnection& connection) {
  const int application = NumberOf(connection, "PRAGMA application_id");
  const int version = NumberOf(connection, "PRAGMA user_version");
  if (connection.error() == SQLITE_NOTADB || connection.error() == SQLITE_CORRUPT) {
    return Refuse(absl::StrCat("is damaged, or not a database: ", connection.ErrorText(),
                               "; restore it from a backup: what it held is what keeps candidates "
                               "from being invited twice"));
  }
  if (absl::Status status = StatusOf(connection); !status.ok()) return status;
  if (application != kApplicationId) {
    return Refuse("is a database, but not a ledger of concero-gateway; name another file");
  }
  if (version > kSqliteSchemaVersion || version < 1) {
    return Refuse(absl::StrCat("has schema version ", version, ", and this program knows 1 to ",
                               kSqliteSchemaVersion, "; run a newer concero-gateway"));
  }
  const std::string check = connection.Value("PRAGMA quick_check(1)");
  if (check != "ok") {
    return Refuse(
        "is damaged; restore it from a backup: what it held is what keeps candidates "
        "from being invited twice");
  }
  return StatusOf(connection);
}

absl::Status BringSqliteFileForward(SqliteConnection& connection) {
  const int version = NumberOf(connection, "PRAGMA user_version");
  if (version < kSqliteSchemaVersion) Migrate(connection, version);
  return StatusOf(connection);
}

absl::Status ConfigureSqlite(SqliteConnection& connection) {
  const std::string mode = connection.Value("PRAGMA journal_mode = WAL");
  // A state is checked by StateName already: to check it for every row, SQLite makes a table of all
  // states each time. The check stands for others who write, and when a file is opened.
  connection.Execute(
      "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA ignore_check_constraints = ON;"
      "PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;"
      "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;");
  if (connection.error() == SQLITE_OK && mode != "wal") {
    return Refuse("cannot be switched to a write-ahead log; is it on a network file system?");
  }
  return StatusOf(connection);
}

}  // namespace gw::ledger
