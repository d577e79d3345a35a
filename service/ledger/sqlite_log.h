// Whether the write-ahead log of a SQLite file is whole.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace gw::ledger {

/// SQLite takes what it can read of a log and drops the rest, as is right for what was being
/// written when the machine stopped, and wrong for what had been committed. So before it looks: a
/// log that has something in it must have a head that is right, and nothing that was committed may
/// stand behind a frame that is not. (A commit is followed by another only when it has reached the
/// disk: a frame of the same log behind a damaged one's commit was written when that one was
/// whole.) Damage within the last commit cannot be told from one that was never finished.
///
/// Errors: FAILED_PRECONDITION, naming the file. The format is SQLite's own documentation's
/// ("WAL-mode File Format"). Thread safety: pure, but that it reads the file.
absl::Status CheckSqliteLog(const std::string& path);

}  // namespace gw::ledger
