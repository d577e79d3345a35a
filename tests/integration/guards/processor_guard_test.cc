#include "service/app/processor_guard.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "tests/integration/guards/callers.h"

namespace gw::app {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

/// Brings as much as is taken, until the connection ends or this does. Thread safety: none.
class Bringing {
 public:
  explicit Bringing(const Connected& caller)
      : thread_([this, fd = caller.theirs.get()] {
          const std::string some(16 * 1024, 'x');
          while (!stopped_ && send(fd, some.data(), some.size(), MSG_NOSIGNAL) > 0) {
          }
        }) {}
  ~Bringing() {
    stopped_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

bool Ended(const Connected& caller) {
  pollfd told{caller.theirs.get(), 0, 0};
  return poll(&told, 1, 0) == 1 && (told.revents & POLLHUP) != 0;
}

void TakeSome(const Connected& caller, size_t most) {
  std::string some(most, 0);
  recv(caller.ours.get(), some.data(), some.size(), MSG_DONTWAIT);
}

/// A thread that is kept busy, by one thing or by one short turn after the other.
struct Busy {
  enum class With { kOneThing, kTurns };

  explicit Busy(With with) : loop(SystemClock()) {
    if (with == With::kTurns) {
      Again();
    } else {
      loop.Post([this] {
        while (!over) {
        }
      });
    }
  }
  ~Busy() { over = true; }

  void Again() {
    loop.Post([this] {
      if (!over) Again();
    });
  }
  absl::Duration Used() const { return UseOf(loop.number()).value_or(ThreadUse{}).processor_time; }

  std::atomic<bool> over{false};
  LoopThread loop;  // ends first
};

struct Scene {
  Port port;
  // One brings much and is not kept up with; one brings as much and is; one brings nothing.
  Connected behind{port}, kept_up{port}, silent{port};

  /// What happens while the guard looks, until it has ended a connection, or `enough` says so.
  template <typename Enough>
  void Play(LoopThread& thread, Enough enough) {
    ProcessorGuard guard(port.number(), {&thread});
    Bringing much(behind);
    const std::string some(8 * 1024, 'x');
    for (const absl::Time end = absl::Now() + kPatience; absl::Now() < end && !enough();) {
      send(kept_up.theirs.get(), some.data(), some.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      TakeSome(kept_up, 1 << 20);
      TakeSome(behind, 4 * 1024);
      guard.Look();
      absl::SleepFor(absl::Milliseconds(2));
    }
    behind.ours = UniqueFd();  // and with it what Bringing may wait in
  }
};

TEST(ProcessorGuard, EndsWhoIsNotKeptUpWithWhenAThreadIsHeldUp) {
  Scene scene;
  Busy busy(Busy::With::kOneThing);
  bool ended = false;
  scene.Play(busy.loop, [&] { return ended = Ended(scene.behind); });
  EXPECT_TRUE(ended);
  EXPECT_FALSE(Ended(scene.kept_up));
  EXPECT_FALSE(Ended(scene.silent));
}

TEST(ProcessorGuard, EndsNobodyForWhatWasBroughtBefore) {
  Scene scene;
  const std::string some(64 * 1024, 'x');
  for (int i = 0; i < 8; ++i) {
    send(scene.behind.theirs.get(), some.data(), some.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (i < 7) TakeSome(scene.behind, some.size());
  }
  ASSERT_GE(scene.behind.Seen(scene.port).received, 256 * 1024);
  ASSERT_GE(Unread(scene.behind.Seen(scene.port)), 16 * 1024);

  Busy busy(Busy::With::kOneThing);
  ProcessorGuard guard(scene.port.number(), {&busy.loop});
  while (busy.loop.number() == 0) absl::SleepFor(absl::Milliseconds(1));
  // As on a machine that lets the guard look seldom.
  for (int second = 0; second < 3; ++second) {
    guard.Look();
    const absl::Duration used = busy.Used();
    while (busy.Used() < used + absl::Seconds(1.05)) absl::SleepFor(absl::Milliseconds(5));
  }
  guard.Look();
  EXPECT_FALSE(Ended(scene.behind));
}

TEST(ProcessorGuard, EndsNobodyWhileTheThreadGetsOn) {
  Scene scene;
  Busy busy(Busy::With::kTurns);
  bool ended = false;
  scene.Play(busy.loop, [&] {
    ended |= Ended(scene.behind);
    return busy.Used() > absl::Seconds(1.5);
  });
  EXPECT_GT(busy.Used(), absl::Seconds(1.5));
  EXPECT_FALSE(ended);
}

}  // namespace
}  // namespace gw::app
