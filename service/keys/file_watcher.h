// Says when files have changed: keys, certificates, policies.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "service/base/clock.h"

namespace gw::keys {

/// Watches files on a thread of its own. By inotify on their folders, for that is where a rename
/// and the swapped symbolic link of a mounted Kubernetes Secret are seen; and, as not every mount
/// tells of its changes, by looking at the files every `poll_every`. A file is looked at through
/// symbolic links; one that appears or goes has changed, too.
/// Thread safety: all functions may be called from any thread.
class FileWatcher {
 public:
  struct Options {
    absl::Duration poll_every = absl::Seconds(10);
    /// A change is told of when there was none for so long: most writers empty a file first.
    absl::Duration settle = absl::Milliseconds(100);
    /// One that goes on for longer is told of meanwhile, about so often: somebody who writes all
    /// the time must not keep the others from being read.
    absl::Duration settle_at_most = absl::Seconds(2);
    /// False: only by looking.
    bool by_inotify = true;
  };

  explicit FileWatcher(Clock& clock) : FileWatcher(clock, Options()) {}
  FileWatcher(Clock& clock, Options options);
  /// Waits for a function that runs.
  ~FileWatcher();
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

  /// Ends with its handle.
  class Watch;
  /// Says whether the files were of use. If not, it is run again, every `poll_every` or somewhat
  /// more often, also while they stay as they are: what was wrong may have been the time or the
  /// machine.
  using Changed = std::function<bool()>;
  /// Runs `changed`, which may block, on the watcher's thread, one at a time, whenever one of the
  /// `files` has changed since this call or since `changed` was last begun. It reads the files
  /// itself; whoever read them before this call reads them once more after it. It must not destroy
  /// its own handle. The handle's destruction waits for it; the watcher outlives the handle.
  [[nodiscard]] std::unique_ptr<Watch> Start(std::vector<std::string> files, Changed changed);

 private:
  struct Group;
  void WatchFolders(const std::vector<std::string>& files) const;
  void Run();
  void WaitForNews();
  void TakeEvents();
  void TellOfChanges(Instant now);
  void Wake();

  Clock& clock_;
  const Options options_;
  const int inotify_;  // below 0: there is only the polling
  const int wake_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::list<std::shared_ptr<Group>> groups_;
  Instant look_at_;  // of the thread
  std::thread thread_;
};

class FileWatcher::Watch {
 public:
  Watch(FileWatcher& watcher, std::shared_ptr<Group> group);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  FileWatcher& watcher_;
  const std::shared_ptr<Group> group_;
};

}  // namespace gw::keys
