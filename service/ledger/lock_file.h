// A file by which one process keeps others off something.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gw::ledger {

/// Locked until it is destroyed or the process ends, however it ends (flock(2)). The file stays,
/// with the holder's process id and, as long as it is in use, a mark.
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

  /// The mark of the one before: empty when it ended in order, or there was none.
  const std::string& mark_before() const { return mark_before_; }
  /// Writes ours, a word; empty: in order. False: it could not be written.
  bool SetMark(absl::string_view mark);

  /// False: somebody has removed the file, so that others may think it free.
  bool StillThere() const;

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  const int fd_;
  std::string mark_before_;
};

}  // namespace gw::ledger
