#include "service/app/memory_limit.h"

#include <gtest/gtest.h>

#include "service/app/memory_guard.h"

namespace gw::app {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(ParseMemoryMax, ReadsALimitInBytes) { EXPECT_EQ(ParseMemoryMax("536870912\n"), 512 * kMiB); }

TEST(ParseMemoryMax, IsNothingWithoutALimit) {
  for (const char* text : {"max\n", "", "0\n", "-1\n", "1 GiB", "99999999999999999999999"}) {
    EXPECT_EQ(ParseMemoryMax(text), std::nullopt) << text;
  }
}

TEST(WhenToAct, IsBelowTheLimitByWhatMayStillCome) { EXPECT_EQ(WhenToAct(768 * kMiB), 512 * kMiB); }

TEST(WhenToAct, IsHalfOfASmallLimit) {
  EXPECT_EQ(WhenToAct(128 * kMiB), 64 * kMiB);
  EXPECT_EQ(WhenToAct(400 * kMiB), 200 * kMiB);
}

TEST(WhenToAct, IsThreeQuartersOfALargeLimit) { EXPECT_EQ(WhenToAct(4096 * kMiB), 3072 * kMiB); }

}  // namespace
}  // namespace gw::app
