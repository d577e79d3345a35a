// Cancels, deadlines and stops at random moments. The seed of a failure is in its trace.
#include "tests/integration/http/chaos.h"

#include <gtest/gtest.h>

namespace gw::testing {
namespace {

class ChaosOf : public ::testing::TestWithParam<uint32_t> {};

TEST_P(ChaosOf, ASeedLeavesNothingUndoneOrDoneTwice) {
  const ChaosReport report = RunChaos({.seed = GetParam(), .requests = kSanitized ? 500 : 3000});
  EXPECT_GT(report.outcomes.at("200"), 0);
  EXPECT_GT(report.outcomes.at("cancelled"), 0);
  EXPECT_GT(report.outcomes.at("connection_lost"), 0);
}

TEST_P(ChaosOf, ASeedWithAStopInTheMiddleLeavesNothingUndoneOrDoneTwice) {
  const ChaosReport report =
      RunChaos({.seed = GetParam(), .requests = 200, .in_flight = 40, .stop_after = 100});
  EXPECT_GE(report.outcomes.at("shutdown, nothing sent"), 100);
}

TEST_P(ChaosOf, ASeedThroughAProxyLeavesNothingUndoneOrDoneTwice) {
  const ChaosReport report =
      RunChaos({.seed = GetParam(), .requests = kSanitized ? 300 : 1500, .through_a_proxy = true});
  EXPECT_GT(report.outcomes.at("200"), 0);
  EXPECT_GT(report.outcomes.at("cancelled"), 0);
  EXPECT_GT(report.outcomes.at("connection_lost"), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChaosOf, ::testing::Values(1, 2, 3, 4, 5),
                         [](const auto& param) { return std::to_string(param.param); });

}  // namespace
}  // namespace gw::testing
