#include "service/base/rolling_window.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gw {
namespace {

Instant At(absl::Duration since_start) { return Instant::FromNanos(0) + since_start; }

using Window = RollingWindow<2>;

TEST(RollingWindow, CountsEachThingByItself) {
  Window window(absl::Seconds(10));
  for (int i = 0; i < 3; ++i) window.Add(At(absl::Seconds(5)), 0);
  window.Add(At(absl::Seconds(5)), 1);
  EXPECT_EQ(window.Sums(At(absl::Seconds(5))), (Window::Counts{3, 1}));
}

TEST(RollingWindow, ForgetsNothingForNineTenthsOfItsSpanAndEverythingAfterIt) {
  for (int begin = 0; begin < 25; ++begin) {
    const absl::Duration at = absl::Seconds(100) + begin * absl::Milliseconds(130);
    Window window(absl::Seconds(10));
    window.Add(At(at), 1);
    EXPECT_EQ(window.Sums(At(at + absl::Milliseconds(8999)))[1], 1) << begin;
    EXPECT_EQ(window.Sums(At(at + absl::Milliseconds(10001)))[1], 0) << begin;
  }
}

TEST(RollingWindow, ForgetsTheOldestFirst) {
  Window window(absl::Seconds(10));
  for (int second = 0; second < 30; ++second) {
    window.Add(At(absl::Seconds(second)), 0);
    EXPECT_EQ(window.Sums(At(absl::Seconds(second)))[0], std::min(second + 1, 10)) << second;
  }
}

TEST(RollingWindow, StartsAnewAfterALongPauseAndWhenCleared) {
  Window window(absl::Seconds(10));
  window.Add(At(absl::Seconds(1)), 0);
  window.Add(At(absl::Hours(10'000)), 0);
  EXPECT_EQ(window.Sums(At(absl::Hours(10'000)))[0], 1);
  window.Clear();
  EXPECT_EQ(window.Sums(At(absl::Hours(10'000)))[0], 0);
  window.Add(At(absl::Hours(10'000) + absl::Seconds(3)), 0);
  EXPECT_EQ(window.Sums(At(absl::Hours(10'000) + absl::Seconds(12)))[0], 1);
}

TEST(RollingWindow, TakesASpanOfANanosecond) {
  Window window(absl::Nanoseconds(1));
  window.Add(At(absl::Nanoseconds(5)), 0);
  EXPECT_EQ(window.Sums(At(absl::Nanoseconds(5)))[0], 1);
  EXPECT_EQ(window.Sums(At(absl::Nanoseconds(25)))[0], 0);
}

}  // namespace
}  // namespace gw
