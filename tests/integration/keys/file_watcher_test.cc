// How changes of files are noticed, on a real file system.
#include "service/keys/file_watcher.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>

#include "tests/support/process.h"

namespace gw::keys {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kNever = absl::Hours(1);
constexpr absl::Duration kSoon = absl::Milliseconds(2);

// What was told of, and what the file held then.
class Told {
 public:
  explicit Told(std::string file) : file_(std::move(file)) {}
  bool operator()() {
    std::lock_guard lock(mutex_);
    ++times_;
    content_ = fs::exists(file_) ? testing::ReadFile(file_) : "none";
    changed_.notify_all();
    return times_ > of_no_use_;
  }
  // So many times it says that it can do nothing with it.
  void Refuse(int times) { of_no_use_ = times; }
  bool AwaitTimes(int times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return times_ >= times; });
  }
  // Waits until it was told of this content: however often before.
  bool Await(const std::string& content) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return content_ == content; });
  }
  int times() {
    std::lock_guard lock(mutex_);
    return times_;
  }

 private:
  const std::string file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int times_ = 0;
  int of_no_use_ = 0;
  std::string content_;
};

void Write(const std::string& file, const std::string& content) {
  std::ofstream(file, std::ios::trunc) << content;
}

// Each rule holds whether the folder tells of its changes or not.
class FileWatcherTest : public ::testing::TestWithParam<bool> {
 protected:
  FileWatcher::Options Options() const {
    return GetParam()
               ? FileWatcher::Options{kNever, kSoon}
               : FileWatcher::Options{.poll_every = kSoon, .settle = kSoon, .by_inotify = false};
  }
  const testing::TemporaryDirectory directory_;
  const std::string folder_ = directory_.path() + "/watched";
  const std::string file_ = folder_ + "/key";
  const bool made_ = fs::create_directory(folder_);
};

TEST_P(FileWatcherTest, TellsOfAFileThatIsWrittenAnew) {
  Write(file_, "one");
  FileWatcher watcher(SystemClock(), Options());
  Told told(file_);
  const auto watch = watcher.Start({file_}, std::ref(told));
  Write(file_, "two");
  EXPECT_TRUE(told.Await("two"));
  Write(file_, "three");
  EXPECT_TRUE(told.Await("three"));
}

TEST_P(FileWatcherTest, TellsOfAFileThatIsRenamedOverIt) {
  Write(file_, "one");
  FileWatcher watcher(SystemClock(), Options());
  Told told(file_);
  const auto watch = watcher.Start({file_}, std::ref(told));
  for (const std::string content : {"two", "abc", "def"}) {  // of the same length, too
    Write(folder_ + "/new", content);
    fs::rename(folder_ + "/new", file_);
    EXPECT_TRUE(told.Await(content));
  }
}

// As a kubelet does it: `key` points to `..data/key`, and `..data` to a folder that is swapped.
TEST_P(FileWatcherTest, TellsOfAMountedSecretThatIsSwapped) {
  const auto version = [this](int n) { return folder_ + "/..v" + std::to_string(n); };
  for (int n = 0; n < 4; ++n) {
    fs::create_directory(version(n));
    Write(version(n) + "/key", "content " + std::to_string(n));
  }
  fs::create_directory_symlink("..v0", folder_ + "/..data");
  fs::create_symlink("..data/key", file_);
  FileWatcher watcher(SystemClock(), Options());
  Told told(file_);
  const auto watch = watcher.Start({file_}, std::ref(told));
  for (int n = 1; n < 4; ++n) {
    fs::create_directory_symlink("..v" + std::to_string(n), folder_ + "/..tmp");
    fs::rename(folder_ + "/..tmp", folder_ + "/..data");
    EXPECT_TRUE(told.Await("content " + std::to_string(n)));
    fs::remove_all(version(n - 1));
  }
}

TEST_P(FileWatcherTest, TellsOfAFileThatGoesAndComes) {
  Write(file_, "one");
  FileWatcher watcher(SystemClock(), Options());
  Told told(file_);
  const auto watch = watcher.Start({file_}, std::ref(told));
  fs::remove(file_);
  EXPECT_TRUE(told.Await("none"));
  Write(file_, "two");
  EXPECT_TRUE(told.Await("two"));
}

TEST_P(FileWatcherTest, DoesNotTellOfItsNeighbours) {
  Write(file_, "one");
  FileWatcher watcher(SystemClock(), Options());
  Told told(file_);
  Told beside(folder_ + "/other");
  const auto watch = watcher.Start({file_}, std::ref(told));
  const auto other = watcher.Start({folder_ + "/other"}, std::ref(beside));
  Write(folder_ + "/other", "two");
  EXPECT_TRUE(beside.Await("two"));
  EXPECT_EQ(told.times(), 0);
}

TEST_P(FileWatcherTest, TellsOfEachOfSeveralFiles) {
  Write(file_, "one");
  FileWatcher watcher(SystemClock(), Options());
  Told told(folder_ + "/second");
  const auto watch = watcher.Start({file_, folder_ + "/second"}, std::ref(told));
  Write(folder_ + "/second", "two");
  EXPECT_TRUE(told.Await("two"));
}

TEST_P(FileWatcherTest, TellsMeanwhileOfAFileThatNeverStopsChanging) {
  Write(file_, "");
  FileWatcher::Options options = Options();
  options.settle = absl::Milliseconds(50);  // longer than the writer rests
  options.settle_at_most = absl::Milliseconds(60);
  FileWatcher watcher(SystemClock(), options);
  Told told(file_);
  const auto watch = watcher.Start({file_}, std::ref(told));
  // Every look finds another size.
  const Instant give_up = SystemClock().Now() + absl::Seconds(30);
  std::ofstream writer(file_, std::ios::app);
  while (told.times() < 3 && SystemClock().Now() < give_up) writer << 'x' << std::flush;
  EXPECT_GE(told.times(), 3);
}

TEST_P(FileWatcherTest, TellsAgainOfAFileThatWasOfNoUse) {
  Write(file_, "");
  FileWatcher::Options options = Options();
  options.poll_every = kSoon;
  FileWatcher watcher(SystemClock(), options);
  Told told(file_);
  told.Refuse(3);
  const auto watch = watcher.Start({file_}, std::ref(told));
  Write(file_ + ".new", "one");
  fs::rename(file_ + ".new", file_);  // one change, however busy the machine
  EXPECT_TRUE(told.AwaitTimes(4));
  const int times = told.times();
  Told later(folder_ + "/other");  // until it has looked a few times more
  const auto other = watcher.Start({folder_ + "/other"}, std::ref(later));
  Write(folder_ + "/other", "one");
  EXPECT_TRUE(later.Await("one"));
  EXPECT_EQ(told.times(), times) << "it was of use in the end";
}

TEST_P(FileWatcherTest, TellsNobodyWhoseHandleIsGone) {
  Write(file_, "one");
  FileWatcher watcher(SystemClock(), Options());
  Told gone(file_), told(file_);
  auto first = watcher.Start({file_}, std::ref(gone));
  const auto second = watcher.Start({file_}, std::ref(told));
  first.reset();
  Write(file_, "two");
  EXPECT_TRUE(told.Await("two"));
  EXPECT_EQ(gone.times(), 0);
}

INSTANTIATE_TEST_SUITE_P(, FileWatcherTest, ::testing::Bool(), [](const auto& by_inotify) {
  return by_inotify.param ? "ByInotify" : "ByPolling";
});

// With polls only, for there is no folder to watch at first.
TEST(FileWatcher, TellsOfAFileWhoseFolderIsMadeLater) {
  const testing::TemporaryDirectory directory;
  const std::string folder = directory.path() + "/later", file = folder + "/key";
  FileWatcher watcher(SystemClock(), {.poll_every = kSoon, .settle = kSoon, .by_inotify = false});
  Told told(file);
  const auto watch = watcher.Start({file}, std::ref(told));
  fs::create_directory(folder);
  Write(file, "one");
  EXPECT_TRUE(told.Await("one"));
}

// Anything that happens beside it is an occasion to watch the new folder.
TEST(FileWatcher, HearsOfAFolderThatIsMadeLaterOnceItHasLookedAgain) {
  const testing::TemporaryDirectory directory;
  const std::string folder = directory.path() + "/later", file = folder + "/key";
  const std::string beside = directory.path() + "/beside";
  FileWatcher watcher(SystemClock(), {.poll_every = kNever, .settle = kSoon});
  Told told(file), told_beside(beside);
  const auto watch = watcher.Start({file}, std::ref(told));
  const auto watch_beside = watcher.Start({beside}, std::ref(told_beside));
  fs::create_directory(folder);
  Write(beside, "one");
  ASSERT_TRUE(told_beside.Await("one"));
  Write(file, "one");
  EXPECT_TRUE(told.Await("one"));
}

}  // namespace
}  // namespace gw::keys
