#include "service/observe/history.h"

#include <gtest/gtest.h>

#include <vector>

#include "service/observe/upstream_history.h"
#include "tests/support/fakes.h"

namespace gw::observe {
namespace {

using HowItEnded = History::Ended;
using Counts = std::array<int64_t, 3>;

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() { clock_.Advance(absl::Hours(5)); }

  testing::FakeClock clock_;
  History history_{clock_};
};

TEST_F(HistoryTest, CountsEachMinuteByHowThingsEnded) {
  history_.Add(HowItEnded::kFailed, absl::Seconds(1));
  clock_.Advance(absl::Minutes(2));
  for (const HowItEnded ended : {HowItEnded::kWell, HowItEnded::kWell, HowItEnded::kRefused})
    history_.Add(ended);
  const auto hour = history_.LastHour();
  ASSERT_EQ(hour.size(), 60u);
  EXPECT_EQ(hour[59].counts, (Counts{2, 1, 0}));
  EXPECT_EQ(hour[58].counts, (Counts{0, 0, 0}));
  EXPECT_EQ(hour[57].counts, (Counts{0, 0, 1}));
  EXPECT_EQ(hour[57].of(HowItEnded::kFailed), 1);
}

TEST_F(HistoryTest, ForgetsWhatIsAnHourOld) {
  history_.Add(HowItEnded::kWell);
  clock_.Advance(absl::Minutes(59));
  EXPECT_EQ(history_.LastHour()[0].total(), 1);
  clock_.Advance(absl::Minutes(1));
  for (const auto& minute : history_.LastHour()) EXPECT_EQ(minute.total(), 0);
  history_.Add(HowItEnded::kFailed);  // in the same place
  EXPECT_EQ(history_.LastHour()[59].counts, (Counts{0, 0, 1}));
}

TEST_F(HistoryTest, IsEmptyInTheFirstMinuteOfAMachine) {
  testing::FakeClock young;
  History history(young);
  history.Add(HowItEnded::kWell);
  EXPECT_EQ(history.LastHour()[59].total(), 1);
  EXPECT_EQ(history.LastHour()[58].total(), 0);
}

TEST_F(HistoryTest, TellsTimesToAFifthAndNeverLess) {
  for (const double ms : {0.05, 0.1, 0.7, 3.0, 25.0, 340.0, 999.0, 30'000.0}) {
    History history(clock_);
    const absl::Duration took = absl::Milliseconds(ms);
    history.Add(HowItEnded::kWell, took);
    const auto minute = history.LastHour()[59];
    EXPECT_GE(minute.p99, took) << ms;
    EXPECT_LE(minute.p99, std::max(took * 1.2, absl::Microseconds(100))) << ms;
    EXPECT_EQ(minute.p50, minute.p99) << ms;
  }
}

TEST_F(HistoryTest, TellsTheMiddleAndTheSlowOnesApart) {
  for (int i = 0; i < 98; ++i) history_.Add(HowItEnded::kWell, absl::Milliseconds(10));
  for (int i = 0; i < 2; ++i) history_.Add(HowItEnded::kWell, absl::Seconds(5));
  const auto minute = history_.LastHour()[59];
  EXPECT_LT(minute.p50, absl::Milliseconds(12));
  EXPECT_GE(minute.p99, absl::Seconds(5));
}

TEST_F(HistoryTest, TakesNoTimeFromWhatTookNone) {
  history_.Add(HowItEnded::kFailed);
  EXPECT_EQ(history_.LastHour()[59].p99, absl::ZeroDuration());
  history_.Add(HowItEnded::kWell, absl::Seconds(1));
  EXPECT_GE(history_.LastHour()[59].p50, absl::Seconds(1));
}

TEST_F(HistoryTest, TellsWhatIsLongerThanItCanTellAsItsLongestTime) {
  for (const absl::Duration took : {absl::Seconds(170), absl::Seconds(177), absl::Hours(10)}) {
    history_.Add(HowItEnded::kWell, took);
    EXPECT_EQ(absl::Trunc(history_.LastHour()[59].p99, absl::Seconds(1)), absl::Seconds(176))
        << took;
  }
}

TEST_F(HistoryTest, OfAnUpstreamGoesByItsResultsAndPassesThemOn) {
  Metrics metrics;
  UpstreamHistory upstream(metrics.ForUpstream("concero"), clock_);
  for (const char* result : {"2xx", "4xx", "5xx", "timeout", "circuit_open", "cancelled"}) {
    upstream.Started();
    upstream.Finished(result, absl::Milliseconds(1));
  }
  EXPECT_EQ(upstream.active(), 0);
  upstream.Started();
  EXPECT_EQ(upstream.active(), 1);
  const auto minute = upstream.history().LastHour()[59];
  EXPECT_EQ(minute.counts, (Counts{1, 1, 3})) << "cancelled is of nobody's doing";
  const std::string text = metrics.Text();
  EXPECT_NE(text.find("http_client_active_requests{upstream=\"concero\"} 1"), std::string::npos);
  for (const char* result : {"2xx", "cancelled"}) {
    const std::string sample = std::string("http_client_request_duration_seconds_count{result=\"") +
                               result + "\",upstream=\"concero\"} 1";
    EXPECT_NE(text.find(sample), std::string::npos) << sample;
  }
}

TEST_F(HistoryTest, OfAnUpstreamHasNothingOfWhatWeDidNotWant) {
  Metrics metrics;
  UpstreamHistory upstream(metrics.ForUpstream("concero"), clock_);
  for (const char* result :
       {"cancelled", "refused", "overloaded", "memory", "shutdown", "bad_request"}) {
    upstream.Started();
    upstream.Finished(result, absl::Milliseconds(1));
    EXPECT_EQ(upstream.history().LastHour()[59].total(), 0) << result;
    EXPECT_NE(metrics.Text().find(std::string("{result=\"") + result), std::string::npos);
  }
  EXPECT_EQ(upstream.active(), 0);
}

TEST_F(HistoryTest, OfAnUpstreamHasOnlyTheTimesOfWhatGotThere) {
  Metrics metrics;
  UpstreamHistory upstream(metrics.ForUpstream("concero"), clock_);
  for (const char* result : {"circuit_open", "connect", "cancelled"}) {
    upstream.Finished(result, absl::Seconds(7));
  }
  EXPECT_EQ(upstream.history().LastHour()[59].p99, absl::ZeroDuration());
  upstream.Finished("timeout", absl::Seconds(7));
  EXPECT_GE(upstream.history().LastHour()[59].p99, absl::Seconds(7));
}

}  // namespace
}  // namespace gw::observe
