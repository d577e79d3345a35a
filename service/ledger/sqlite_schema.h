// The tables in SQLite, and how a file comes to have them.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "service/ledger/sqlite_connection.h"

namespace gw::ledger {

/// The version that this program reads and writes.
inline constexpr int kSqliteSchemaVersion = 2;

// Thread safety: none, as the connection. Errors are FAILED_PRECONDITION, and say what the file is
// or what to do.

/// Makes the new file `path` with all tables: first under another name, so that there is never half
/// a ledger of this name.
absl::Status MakeSqliteFile(const std::string& path, const std::string& vfs);

/// Whether the open file is a ledger that this program can use, of whichever version, and is not
/// damaged. Writes nothing.
absl::Status CheckSqliteFile(SqliteConnection& connection);

/// Brings a file of an older version to ours, as a whole or not at all. It has passed every check.
absl::Status BringSqliteFileForward(SqliteConnection& connection);

/// How this process writes: durable on commit (WAL, synchronous=FULL), deleted bytes overwritten.
absl::Status ConfigureSqlite(SqliteConnection& connection);

}  // namespace gw::ledger
