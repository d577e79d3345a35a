#include "service/base/timer.h"

#include <gtest/gtest.h>

#include <future>
#include <stop_token>
#include <thread>
#include <vector>

#include "service/base/patient.h"
#include "tests/support/fakes.h"

namespace gw {
namespace {

// Runs a TimerLoop on the machine's clock, with instants in the past so that nothing waits.
class TimerLoopTest : public ::testing::Test {
 protected:
  ~TimerLoopTest() override {
    loop_.Stop();
    if (thread_.joinable()) thread_.join();
  }
  void Run() {
    thread_ = std::thread([this] { loop_.Run(); });
  }
  TimerLoop loop_{SystemClock()};
  std::thread thread_;
};

TEST_F(TimerLoopTest, RunsWhatIsDueInTheOrderOfTheInstants) {
  std::vector<int> ran;
  std::promise<void> all;
  loop_.Schedule(Instant::FromNanos(3), [&] {
    ran.push_back(3);
    all.set_value();
  });
  loop_.Schedule(Instant::FromNanos(1), [&] { ran.push_back(1); });
  loop_.Schedule(Instant::FromNanos(2), [&] { ran.push_back(2); });
  Run();
  all.get_future().wait();
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3}));
}

TEST_F(TimerLoopTest, NeverRunsWhatWasCancelled) {
  bool ran = false;
  std::promise<void> done;
  const Timer::Id id = loop_.Schedule(Instant::FromNanos(1), [&] { ran = true; });
  EXPECT_TRUE(loop_.Cancel(id));
  EXPECT_FALSE(loop_.Cancel(id));
  loop_.Schedule(Instant::FromNanos(2), [&] { done.set_value(); });
  Run();
  done.get_future().wait();
  EXPECT_FALSE(ran);
}

TEST_F(TimerLoopTest, TakesNewEntriesWhileItWaitsForALaterOne) {
  Run();
  bool later_ran = false;
  loop_.Schedule(SystemClock().Now() + absl::Hours(1), [&] { later_ran = true; });
  std::promise<void> done;
  loop_.Schedule(SystemClock().Now(), [&] { done.set_value(); });
  done.get_future().wait();
  loop_.Stop();
  thread_.join();
  EXPECT_FALSE(later_ran);
}

TEST_F(TimerLoopTest, TakesEntriesFromWithinAnEntry) {
  std::promise<void> done;
  loop_.Schedule(Instant::FromNanos(1),
                 [&] { loop_.Schedule(Instant::FromNanos(1), [&] { done.set_value(); }); });
  Run();
  done.get_future().wait();
}

class PatientTest : public ::testing::Test {
 protected:
  std::shared_ptr<Patient<absl::Status>> Wait(absl::Duration deadline,
                                              std::stop_token cancel = {}) {
    return Patient<absl::Status>::Wait(
        [this](absl::Status s) { told_.push_back(s); }, clock_.Now() + deadline, cancel, timer_,
        [](GaveUp why) {
          return why == GaveUp::kDeadline ? absl::DeadlineExceededError("")
                                          : absl::AbortedError("");
        });
  }
  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  std::vector<absl::Status> told_;
};

TEST_F(PatientTest, IsToldTheResultAndNothingAfterwards) {
  std::stop_source cancel;
  auto patient = Wait(absl::Seconds(1), cancel.get_token());
  EXPECT_TRUE(patient->Complete(absl::OkStatus()));
  EXPECT_FALSE(patient->Complete(absl::OkStatus()));
  cancel.request_stop();
  timer_.Advance(absl::Seconds(2));
  EXPECT_EQ(told_, std::vector<absl::Status>{absl::OkStatus()});
  EXPECT_EQ(timer_.pending(), 0u);
}

TEST_F(PatientTest, GivesUpAtTheDeadline) {
  auto patient = Wait(absl::Seconds(1));
  timer_.Advance(absl::Seconds(1));
  EXPECT_EQ(told_, std::vector<absl::Status>{absl::DeadlineExceededError("")});
  EXPECT_FALSE(patient->Complete(absl::OkStatus()));
  EXPECT_FALSE(patient->Take().has_value());
}

TEST_F(PatientTest, GivesUpWhenCancelledBeforeOrAfter) {
  std::stop_source before, after;
  before.request_stop();
  auto first = Wait(absl::InfiniteDuration(), before.get_token());
  EXPECT_EQ(told_.size(), 1u);
  auto second = Wait(absl::InfiniteDuration(), after.get_token());
  after.request_stop();
  EXPECT_EQ(told_, std::vector<absl::Status>(2, absl::AbortedError("")));
}

TEST_F(PatientTest, TakenGivesTheCompletionBackAndNoLongerTimesIt) {
  auto patient = Wait(absl::Seconds(1));
  auto done = patient->Take();
  ASSERT_TRUE(done.has_value());
  timer_.Advance(absl::Seconds(2));
  EXPECT_TRUE(told_.empty());
  std::move (*done)(absl::OkStatus());
  EXPECT_EQ(told_, std::vector<absl::Status>{absl::OkStatus()});
}

TEST_F(PatientTest, DroppedIsToldOfCancellationOnce) {
  Wait(absl::Seconds(1)).reset();
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_TRUE(absl::IsCancelled(told_[0]));
  EXPECT_EQ(timer_.pending(), 0u);
}

}  // namespace
}  // namespace gw
