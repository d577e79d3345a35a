// The classes of base/ that several threads share, under as many threads: for ThreadSanitizer, and
// for what must happen exactly once.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stop_token>

#include "absl/status/status.h"
#include "service/base/detached_pool.h"
#include "service/base/patient.h"
#include "service/base/timer.h"
#include "tests/integration/threads/threads.h"

namespace gw::testing {
namespace {

// A timer on a thread of its own.
class RunningTimer {
 public:
  ~RunningTimer() { Stop(); }
  void Stop() {
    timer_.Stop();
    if (thread_.joinable()) thread_.join();
  }
  TimerLoop& timer() { return timer_; }

 private:
  TimerLoop timer_{SystemClock()};
  std::thread thread_{[this] { timer_.Run(); }};
};

TEST(TimerOfManyThreads, RunsEachFunctionOrCancelsIt) {
  constexpr int kPerThread = 2000;
  std::atomic<int> ran{0}, cancelled{0};
  RunningTimer running;
  Together([&](int) {
    for (int i = 0; i < kPerThread; ++i) {
      const Instant when = SystemClock().Now() + absl::Microseconds(i % 200);
      const Timer::Id id = running.timer().Schedule(when, [&] { ++ran; });
      if (i % 2 == 0 && running.timer().Cancel(id)) ++cancelled;
    }
  });
  while (ran + cancelled < kThreads * kPerThread) std::this_thread::yield();
  running.Stop();
  EXPECT_EQ(ran + cancelled, kThreads * kPerThread);
}

TEST(PatientOfManyThreads, CompletesOnceWhenResultsCancelsAndDeadlinesRace) {
  constexpr int kWaits = 2000;
  std::vector<std::atomic<int>> completed(kWaits);
  std::vector<std::stop_source> cancels(kWaits);
  std::atomic<int> taken{0};
  RunningTimer running;
  {
    std::vector<std::shared_ptr<Patient<absl::Status>>> patients;
    for (int i = 0; i < kWaits; ++i) {
      patients.push_back(Patient<absl::Status>::Wait(
          [&completed, i](const absl::Status&) { ++completed[static_cast<size_t>(i)]; },
          SystemClock().Now() + absl::Microseconds(i), cancels[static_cast<size_t>(i)].get_token(),
          running.timer(), [](GaveUp) { return absl::DeadlineExceededError(""); }));
    }
    Together([&](int t) {
      for (size_t i = 0; i < kWaits; ++i) {
        if (t == 0) patients[i]->Complete(absl::OkStatus());
        if (t == 1) cancels[i].request_stop();
        if (t == 2) {
          if (auto done = patients[i]->Take()) {
            ++taken;
            std::move (*done)(absl::OkStatus());
          }
        }
        if (t == 3) (void)patients[i]->ended();
      }
    });
  }
  running.Stop();  // a deadline that has just passed may be at its completion still
  for (const auto& count : completed) EXPECT_EQ(count, 1);
  EXPECT_LE(taken, kWaits);
}

TEST(PatientOfManyThreads, MayBeLetGoOfWhileItIsCancelled) {
  constexpr size_t kWaits = 2000;
  std::vector<std::atomic<int>> completed(kWaits);
  std::vector<std::stop_source> cancels(kWaits);
  std::vector<std::shared_ptr<Patient<absl::Status>>> patients(kWaits);
  RunningTimer running;
  for (size_t i = 0; i < kWaits; ++i) {
    patients[i] =
        Patient<absl::Status>::Wait([&completed, i](const absl::Status&) { ++completed[i]; },
                                    Instant::Never(), cancels[i].get_token(), running.timer(),
                                    [](GaveUp) { return absl::DeadlineExceededError(""); });
  }
  Together([&](int t) {
    for (size_t i = 0; i < kWaits; ++i) {
      if (t == 0) patients[i].reset();
      if (t == 1) cancels[i].request_stop();
    }
  });
  for (const auto& count : completed) EXPECT_EQ(count, 1);
}

// Counts its own end, run or not.
struct Counted {
  explicit Counted(std::atomic<int>& count) : ended(count) {}
  ~Counted() { ++ended; }
  std::atomic<int>& ended;
};

TEST(DetachedPoolOfManyThreads, RunsEachFunctionOnce) {
  constexpr int kPerThread = 2000;
  std::atomic<int> ran{0};
  DetachedPool pool(3);
  Together([&](int) {
    for (int i = 0; i < kPerThread; ++i) pool.Submit([&] { ++ran; });
  });
  while (ran < kThreads * kPerThread) std::this_thread::yield();
  EXPECT_EQ(ran, kThreads * kPerThread);
}

TEST(DetachedPoolOfManyThreads, RunsOrDropsEachFunctionWhenItEnds) {
  constexpr int kPerThread = 500;
  auto ended = std::make_shared<std::atomic<int>>(0);
  {
    DetachedPool pool(3);
    Together([&](int) {
      for (int i = 0; i < kPerThread; ++i) {
        pool.Submit([keep = ended, counted = std::make_unique<Counted>(*ended)] {
          std::this_thread::yield();
        });
      }
    });
  }
  while (*ended < kThreads * kPerThread) std::this_thread::yield();
  EXPECT_EQ(*ended, kThreads * kPerThread);
}

}  // namespace
}  // namespace gw::testing
