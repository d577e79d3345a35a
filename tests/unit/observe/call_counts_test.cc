#include "service/observe/call_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/fakes.h"

namespace gw::observe {
namespace {

using Ended = History::Ended;
using absl::StatusCode;
using ::testing::ElementsAre;

class CallCountsTest : public ::testing::Test {
 protected:
  CallCountsTest() { clock_.Advance(absl::Hours(5)); }

  void Call(const std::string& caller, StatusCode code = StatusCode::kOk,
            Reason reason = Reason::kUnspecified) {
    counts_.Ended(caller, code, reason, absl::Milliseconds(1));
  }
  std::vector<std::string> Rows() const {
    std::vector<std::string> rows;
    for (const auto& caller : counts_.Callers()) {
      rows.push_back(absl::StrCat(caller.name, ": ", caller.counts[0], " ", caller.counts[1], " ",
                                  caller.counts[2]));
    }
    return rows;
  }

  testing::FakeClock clock_;
  CallCounts counts_{clock_};
};

TEST(CallsEnd, ByWhoseFaultItIs) {
  const struct {
    StatusCode code;
    Reason reason;
    Ended ended;
  } kCases[] = {
      {StatusCode::kOk, Reason::kUnspecified, Ended::kWell},
      {StatusCode::kInvalidArgument, Reason::kInvalidField, Ended::kWell},
      {StatusCode::kNotFound, Reason::kUpstreamNotFound, Ended::kWell},
      {StatusCode::kFailedPrecondition, Reason::kAllocationNotInDoubt, Ended::kWell},
      {StatusCode::kCancelled, Reason::kCancelled, Ended::kWell},
      {StatusCode::kUnimplemented, Reason::kUpstreamNotConfigured, Ended::kWell},
      {StatusCode::kResourceExhausted, Reason::kQuotaExceeded, Ended::kRefused},
      {StatusCode::kResourceExhausted, Reason::kOverloaded, Ended::kRefused},
      {StatusCode::kPermissionDenied, Reason::kCallerNotAllowed, Ended::kRefused},
      {StatusCode::kUnavailable, Reason::kShuttingDown, Ended::kRefused},
      {StatusCode::kResourceExhausted, Reason::kUpstreamRateLimited, Ended::kFailed},
      {StatusCode::kFailedPrecondition, Reason::kUpstreamKeyRejected, Ended::kFailed},
      {StatusCode::kFailedPrecondition, Reason::kUpstreamIpNotAllowed, Ended::kFailed},
      {StatusCode::kFailedPrecondition, Reason::kEgressRefused, Ended::kFailed},
      {StatusCode::kUnavailable, Reason::kLedgerUnavailable, Ended::kFailed},
      {StatusCode::kUnknown, Reason::kAllocationInDoubt, Ended::kFailed},
      {StatusCode::kInternal, Reason::kUpstreamBadResponse, Ended::kFailed},
      {StatusCode::kDeadlineExceeded, Reason::kDeadlineExceeded, Ended::kFailed},
  };
  for (const auto& c : kCases)
    EXPECT_EQ(EndedOf(c.code, c.reason), c.ended) << ReasonName(c.reason);
}

TEST_F(CallCountsTest, HaveWhoCallsMostFirst) {
  Call("b");
  Call("b", StatusCode::kResourceExhausted, Reason::kQuotaExceeded);
  Call("b", StatusCode::kUnavailable, Reason::kUpstreamUnavailable);
  Call("c");
  Call("a");
  EXPECT_THAT(Rows(), ElementsAre("b: 1 1 1", "a: 1 0 0", "c: 1 0 0"));
  EXPECT_EQ(counts_.history().LastHour()[59].total(), 5);
}

TEST_F(CallCountsTest, AreOfTheLastHour) {
  Call("early");
  clock_.Advance(absl::Minutes(50));
  Call("late");
  EXPECT_THAT(Rows(), ElementsAre("early: 1 0 0", "late: 1 0 0"));
  clock_.Advance(absl::Minutes(10));
  Call("late");
  EXPECT_THAT(Rows(), ElementsAre("late: 2 0 0"));
  clock_.Advance(absl::Hours(7));
  EXPECT_THAT(Rows(), ElementsAre());
}

TEST_F(CallCountsTest, RememberNoMoreCallersThanTheyMayAndLoseNoCall) {
  for (size_t i = 0; i < 3 * CallCounts::kMostCallers; ++i) Call(absl::StrCat("caller ", i));
  const auto callers = counts_.Callers();
  EXPECT_EQ(callers.size(), CallCounts::kMostCallers);
  EXPECT_EQ(callers[0].name, "(others)");
  int64_t calls = 0;
  for (const auto& caller : callers) calls += caller.total();
  EXPECT_EQ(calls, static_cast<int64_t>(3 * CallCounts::kMostCallers));

  clock_.Advance(absl::Hours(2));
  Call("somebody new");
  EXPECT_THAT(Rows(), ElementsAre("somebody new: 1 0 0")) << "who is gone keeps no place";
}

}  // namespace
}  // namespace gw::observe
