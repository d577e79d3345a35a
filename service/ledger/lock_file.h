// A file by which one process keeps others off something.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace gw::ledger {

/// Locked until it is destroyed or the process ends, however it ends (flock(2)). The file stays.
/// Thread safety: none.
class LockFile {
 public:
  /// Waits up to `patience` for another process to let go. Errors: FAILED_PRECONDITION, naming the
  /// process that holds it where that is known.
  static absl::StatusOr<std::unique_ptr<LockFile>> Take(const std::string& path,
                                                        absl::Duration patience);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace gw::ledger
