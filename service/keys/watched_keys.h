// The key files of an upstream, and the credential that they hold.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/keys/file_watcher.h"
#include "service/keys/key_ring.h"

namespace gw::keys {

/// A file with a key, and the configuration key that names it.
struct KeyFile {
  std::string config_key;
  std::string path;
};

/// Reads each of `files`. Error: that of the first that cannot be used, `CONFIG_KEY: PATH: …`, and
/// nothing of any key. Blocks while it reads. Thread safety: any thread.
absl::StatusOr<Credential> ReadCredential(const std::vector<KeyFile>& files);

/// Has a key ring follow its files, from the making of this to its end. When one of them changes,
/// all are read: if each holds a key, they are the credential from then on; if not, the one in use
/// stays, the log says why (`key_file_refused`), it is counted, and they are read again later.
/// Thread safety: all functions may be called from any thread.
class WatchedKeys {
 public:
  /// `ring` and `watcher` outlive it. What has changed since `ring` was filled is taken up before
  /// this returns.
  WatchedKeys(KeyRing& ring, std::vector<KeyFile> files, FileWatcher& watcher);

  uint64_t failures() const { return failures_; }

 private:
  bool Reload();

  KeyRing& ring_;
  const std::vector<KeyFile> files_;
  std::atomic<uint64_t> failures_{0};
  std::mutex mutex_;  // of Reload
  std::unique_ptr<FileWatcher::Watch> watch_;
};

}  // namespace gw::keys
