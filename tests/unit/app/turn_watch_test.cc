#include "service/app/turn_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace gw::app {
namespace {

using Pace = TurnWatch::Pace;

constexpr absl::Duration kTick = absl::Milliseconds(10);

ThreadUse Running(absl::Duration used) { return {.rests = false, .processor_time = used}; }
ThreadUse Resting(absl::Duration used) { return {.rests = true, .processor_time = used}; }

TEST(ParseThreadStat, ReadsStateAndBothKindsOfProcessorTime) {
  // The fields of proc(5), 14 and 15 the times; a name may look like what follows it.
  const auto use = ParseThreadStat("7 (a) S 1) R 1 2 3 4 -1 64 10 20 30 40 250 7 9 9 20 0 3 0 100");
  ASSERT_TRUE(use.has_value());
  EXPECT_FALSE(use->rests);
  EXPECT_EQ(use->processor_time, absl::Seconds(257.0 / static_cast<double>(sysconf(_SC_CLK_TCK))));
  EXPECT_TRUE(ParseThreadStat("7 (a) S 1 2 3 4 -1 64 10 20 30 40 0 0 9 9")->rests);
}

TEST(ParseThreadStat, HoldsWhatIsNotOneForNone) {
  for (const auto* text :
       {"", "7", "7 (a)", "7 (a) R 1 2 3 4 -1 64 10 20 30 40 250",
        "7 (a) R 1 2 3 4 -1 64 10 20 30 40 many 7", "7 a R 1 2 3 4 5 6 7 8 9 1 2"}) {
    EXPECT_FALSE(ParseThreadStat(text).has_value()) << text;
  }
}

TEST(UseOf, CountsWhatThisThreadUses) {
  const auto before = UseOf(gettid());
  ASSERT_TRUE(before.has_value());
  while (UseOf(gettid())->processor_time < before->processor_time + 3 * kTick) {
  }
  EXPECT_FALSE(UseOf(gettid())->rests);  // it asks
  EXPECT_FALSE(UseOf(-1).has_value());
}

TEST(TurnWatch, TellsAThreadThatIsAtOneThing) {
  TurnWatch watch;
  EXPECT_EQ(watch.Seen(5, Running(absl::Seconds(100))), Pace::kWell);
  EXPECT_EQ(watch.Seen(5, Running(absl::Seconds(100.19))), Pace::kWell);
  EXPECT_EQ(watch.Seen(5, Running(absl::Seconds(100.2))), Pace::kSlow);
  EXPECT_EQ(watch.Seen(5, Running(absl::Seconds(100.99))), Pace::kSlow);
  EXPECT_EQ(watch.Seen(5, Running(absl::Seconds(101))), Pace::kHeldUp);
  EXPECT_EQ(watch.Seen(5, Running(absl::Seconds(101.05))), Pace::kHeldUp);
}

TEST(TurnWatch, TellsAThreadWhoseTurnsAreLong) {
  TurnWatch watch;
  EXPECT_EQ(watch.Seen(1, Running(absl::Milliseconds(0))), Pace::kWell);
  EXPECT_EQ(watch.Seen(2, Running(absl::Milliseconds(340))), Pace::kSlow);
  EXPECT_EQ(watch.Seen(3, Running(absl::Milliseconds(680))), Pace::kSlow);
  EXPECT_EQ(watch.Seen(4, Running(absl::Milliseconds(1020))), Pace::kHeldUp);
}

TEST(TurnWatch, LeavesAThreadThatGetsOnAlone) {
  TurnWatch watch;
  for (int turn = 0; turn < 1000; ++turn) {
    EXPECT_NE(watch.Seen(turn, Running(turn * absl::Milliseconds(240))), Pace::kHeldUp) << turn;
  }
}

TEST(TurnWatch, LeavesAThreadThatRestsAlone) {
  // One that waits may be woken for what is no turn: a second in all says nothing.
  TurnWatch watch;
  for (int i = 0; i < 100; ++i) {
    const ThreadUse use{.rests = i % 2 == 0, .processor_time = i * absl::Milliseconds(100)};
    EXPECT_EQ(watch.Seen(5, use), Pace::kWell) << i;
  }
}

TEST(TurnWatch, BeginsAnew) {
  TurnWatch watch;
  watch.Seen(5, Running(absl::Seconds(1)));
  ASSERT_EQ(watch.Seen(5, Running(absl::Seconds(2))), Pace::kHeldUp);
  watch.BeginAnew();
  EXPECT_EQ(watch.Seen(5, Running(absl::Seconds(2.1))), Pace::kWell);
  EXPECT_EQ(watch.Seen(5, Running(absl::Seconds(3))), Pace::kSlow);
  EXPECT_EQ(watch.Seen(5, Running(absl::Seconds(3.1))), Pace::kHeldUp);
}

TEST(TurnWatch, ForgetsWithARest) {
  TurnWatch watch;
  watch.Seen(5, Running(absl::Seconds(1)));
  EXPECT_EQ(watch.Seen(5, Resting(absl::Seconds(2))), Pace::kWell);
  EXPECT_EQ(watch.Seen(5, Running(absl::Seconds(2.5))), Pace::kSlow);
}

}  // namespace
}  // namespace gw::app
