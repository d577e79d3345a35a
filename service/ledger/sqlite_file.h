// The file of a SQLite ledger: where it is, and how it comes to be.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"

namespace gw::ledger {

// Thread safety: any thread. Errors are FAILED_PRECONDITION, and name the file.

/// Where `path` really is, through links, also one to a file that is not there yet: two names of
/// one file must have one lock.
std::string RealSqlitePath(const std::string& path);

absl::Status MakeSqliteFolder(const std::string& path);

/// A ledger is made only where there never was one: not in place of one that is empty, whose log is
/// there, or that was `in_use` when its last process ended.
absl::Status MakeSqliteFileIfNew(const std::string& path, const std::string& vfs, bool in_use);

/// By which a file is told from another of the same name; two zeros without one.
using FileId = std::pair<uint64_t, uint64_t>;
FileId SqliteFileId(const std::string& path);

}  // namespace gw::ledger
