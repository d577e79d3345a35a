#include "service/keys/file_watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <utility>

namespace gw::keys {
namespace {

constexpr uint32_t kFolderEvents =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;

// What tells one content of a file from the next without reading it. Zeros: there is no file.
using Looks = std::array<int64_t, 6>;

Looks LookAt(const std::string& file) {
  struct stat info;
  if (stat(file.c_str(), &info) != 0) return {};
  return {static_cast<int64_t>(info.st_ino),
          static_cast<int64_t>(info.st_dev),
          static_cast<int64_t>(info.st_size),
          info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec,
          info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec,
          info.st_mode};
}

std::vector<Looks> LookAt(const std::vector<std::string>& files) {
  std::vector<Looks> looks;
  looks.reserve(files.size());
  for (const std::string& file : files) looks.push_back(LookAt(file));
  return looks;
}

}  // namespace

struct FileWatcher::Group {
  Group(std::vector<std::string> f, Changed c)
      : files(std::move(f)), told(LookAt(files)), seen(told), changed(std::move(c)) {}

  const std::vector<std::string> files;
  // Of the watcher's thread.
  std::vector<Looks> told;                     // when `changed` was last begun
  std::vector<Looks> seen;                     // when they were last looked at
  Instant unsettled_until = Instant::Never();  // of the change that is waited for
  Instant again_at = Instant::Never();         // they were of no use
  // Empty when nobody is to be told any more. Held while it runs.
  std::mutex mutex;
  Changed changed;
};

FileWatcher::Watch::Watch(FileWatcher& watcher, std::shared_ptr<Group> group)
    : watcher_(watcher), group_(std::move(group)) {}

FileWatcher::Watch::~Watch() {
  {
    std::lock_guard lock(watcher_.mutex_);
    watcher_.groups_.remove(group_);
  }
  std::lock_guard lock(group_->mutex);
  group_->changed = nullptr;
}

FileWatcher::FileWatcher(Clock& clock, Options options)
    : clock_(clock),
      options_(options),
      inotify_(options.by_inotify ? inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      look_at_(clock.Now() + options.poll_every),
      thread_([this] { Run(); }) {}

FileWatcher::~FileWatcher() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  Wake();
  thread_.join();
  if (inotify_ >= 0) close(inotify_);
  if (wake_ >= 0) close(wake_);
}

std::unique_ptr<FileWatcher::Watch> FileWatcher::Start(std::vector<std::string> files,
                                                       Changed changed) {
  WatchFolders(files);  // before the first look, so that there is no gap between the two
  auto group = std::make_shared<Group>(std::move(files), std::move(changed));
  std::lock_guard lock(mutex_);
  groups_.push_back(group);
  return std::make_unique<Watch>(*this, std::move(group));
}

// A folder that is added again keeps its watch; one that was made anew since gets one.
void FileWatcher::WatchFolders(const std::vector<std::string>& files) const {
  if (inotify_ < 0) return;
  for (const std::string& file : files) {
    const std::string folder = std::filesystem::path(file).parent_path();
    inotify_add_watch(inotify_, folder.empty() ? "." : folder.c_str(), kFolderEvents);
  }
}

void FileWatcher::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

void FileWatcher::Run() {
  while (true) {
    WaitForNews();
    {
      std::lock_guard lock(mutex_);
      if (stopped_) return;
    }
    const Instant now = clock_.Now();
    if (now >= look_at_) TellOfChanges(now);
  }
}

// Until something happened in a folder, or it is time to look.
void FileWatcher::WaitForNews() {
  const absl::Duration left = look_at_ - clock_.Now();
  // Rounded up, for a wait that ends too early would only be repeated.
  const int64_t millis = absl::ToInt64Milliseconds(left + absl::Nanoseconds(999'999));
  std::array<pollfd, 2> fds = {pollfd{wake_, POLLIN, 0}, pollfd{inotify_, POLLIN, 0}};
  poll(fds.data(), inotify_ >= 0 ? 2 : 1,
       static_cast<int>(std::clamp<int64_t>(millis, 0, 600'000)));
  if (fds[1].revents != 0) TakeEvents();
}

// What they say does not matter: the files are looked at.
void FileWatcher::TakeEvents() {
  std::array<char, 4096> events;
  bool any = false;
  while (read(inotify_, events.data(), events.size()) > 0) any = true;
  if (any) look_at_ = std::min(look_at_, clock_.Now() + options_.settle);
}

void FileWatcher::TellOfChanges(Instant now) {
  std::list<std::shared_ptr<Group>> groups;
  {
    std::lock_guard lock(mutex_);
    groups = groups_;
  }
  look_at_ = now + options_.poll_every;
  for (const auto& group : groups) {
    WatchFolders(group->files);
    const std::vector<Looks> looks = LookAt(group->files);
    const bool settled = looks == std::exchange(group->seen, looks);
    if (looks == group->told && now < group->again_at) {
      group->unsettled_until = Instant::Never();
      continue;
    }
    if (group->unsettled_until.IsNever()) group->unsettled_until = now + options_.settle_at_most;
    if (!settled && now < group->unsettled_until) {  // still being written, perhaps
      look_at_ = std::min(look_at_, now + options_.settle);
      continue;
    }
    group->unsettled_until = Instant::Never();
    group->told = looks;
    std::lock_guard lock(group->mutex);
    const bool of_use = !group->changed || group->changed();
    group->again_at = of_use ? Instant::Never() : now + options_.poll_every;
  }
}

}  // namespace gw::keys
