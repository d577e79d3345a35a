// The file with the policy, and what becomes of its changes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "service/keys/file_watcher.h"
#include "service/rpc/authorization.h"

namespace gw::app {

/// The policy in the file at `path`; blocks while it reads. Errors: ReadSmallFile's and
/// ParsePolicy's, which name the file.
/// Thread safety: any thread.
absl::StatusOr<rpc::Policy> ReadPolicyFile(const std::string& path);

/// Has `authorization` use the policy in a file, from its making to its end, and every later one in
/// that file. When a change cannot be read or has a mistake, the policy before stays, a line
/// `policy_rejected` says why, and it is counted.
/// Thread safety: all functions may be called from any thread.
class PolicyFile {
 public:
  /// Errors: ReadPolicyFile's. References outlive it.
  static absl::StatusOr<std::unique_ptr<PolicyFile>> Open(std::string path,
                                                          rpc::Authorization& authorization,
                                                          keys::FileWatcher& watcher);

  /// As when the file has changed. Blocks while it reads. False: it is of no use.
  bool Reload();

  /// How often a changed file was of no use.
  uint64_t failures() const { return failures_; }

 private:
  PolicyFile(std::string path, rpc::Authorization& authorization)
      : path_(std::move(path)), authorization_(authorization) {}
  absl::Status Load();

  const std::string path_;
  rpc::Authorization& authorization_;
  std::atomic<uint64_t> failures_{0};
  std::mutex mutex_;  // one reads it at a time
  std::unique_ptr<keys::FileWatcher::Watch> watch_;
};

}  // namespace gw::app
