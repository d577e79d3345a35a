#include "service/observe/access_policy.h"

#include <gtest/gtest.h>

namespace gw::observe {
namespace {

using Ended = AccessPolicy::Ended;

constexpr Ended kQuickRead{false, false, absl::Milliseconds(5)};
constexpr Ended kMutation{true, false, absl::Milliseconds(5)};
constexpr Ended kFailure{false, true, absl::Milliseconds(5)};
constexpr Ended kSlowRead{false, false, absl::Seconds(1)};

TEST(AccessPolicy, SamplesEveryMutationFailureAndSlowCall) {
  AccessPolicy policy(AccessMode::kSampled);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(policy.Logs(kMutation));
    ASSERT_TRUE(policy.Logs(kFailure));
    ASSERT_TRUE(policy.Logs(kSlowRead));
  }
}

TEST(AccessPolicy, SamplesTheFirstOfTheRestAndEveryHundredthAfterIt) {
  AccessPolicy policy(AccessMode::kSampled);
  for (int i = 0; i <= 1000; ++i) {
    policy.Logs(kMutation);  // does not count
    ASSERT_EQ(policy.Logs(kQuickRead), i % 100 == 0) << i;
  }
}

TEST(AccessPolicy, TakesForSlowWhatTookASecond) {
  AccessPolicy policy(AccessMode::kSampled);
  ASSERT_TRUE(policy.Logs(kQuickRead));  // the first
  EXPECT_FALSE(policy.Logs({false, false, absl::Seconds(1) - absl::Nanoseconds(1)}));
  EXPECT_TRUE(policy.Logs({false, false, absl::Seconds(1)}));
}

TEST(AccessPolicy, LogsEverythingWhenTold) {
  AccessPolicy policy(AccessMode::kAll);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(policy.Logs(kQuickRead));
}

TEST(AccessPolicy, LogsFailuresOnlyWhenTold) {
  AccessPolicy policy(AccessMode::kErrors);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(policy.Logs(kFailure));
    ASSERT_FALSE(policy.Logs(kQuickRead));
    ASSERT_FALSE(policy.Logs(kMutation));
    ASSERT_FALSE(policy.Logs(kSlowRead));
  }
}

}  // namespace
}  // namespace gw::observe
