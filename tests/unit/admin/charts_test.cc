#include "service/admin/charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gw::admin {
namespace {

using observe::History;
using ::testing::HasSubstr;
using ::testing::Not;

using Hour = std::vector<History::Minute>;

TEST(Charts, SayOfAnHourWithoutAnythingThatItHasNothing) {
  const Hour hour(History::kMinutes);
  EXPECT_THAT(CountChart(hour, "Calls"),
              HasSubstr("\"Calls in each minute of the last hour, at most 0\""));
  EXPECT_THAT(TimeChart(hour, "Time"), HasSubstr(", p99 at most 0 s\""));
  for (const std::string& chart : {CountChart(hour, "Calls"), TimeChart(hour, "Time")}) {
    EXPECT_THAT(chart, Not(HasSubstr("<rect")));
  }
}

TEST(Charts, DrawNoTimeOfWhatTookNone) {
  Hour hour(History::kMinutes);
  hour[59] = {{0, 0, 3}, absl::ZeroDuration(), absl::ZeroDuration()};
  const std::string chart = TimeChart(hour, "Time");
  EXPECT_THAT(chart, HasSubstr("<title>this minute: none took time</title>"));
  EXPECT_THAT(chart, HasSubstr(", p99 at most 0 s\""));
  EXPECT_THAT(chart, Not(HasSubstr("<rect")));
  EXPECT_THAT(CountChart(hour, "Calls"), HasSubstr("at most 3\""));
}

}  // namespace
}  // namespace gw::admin
