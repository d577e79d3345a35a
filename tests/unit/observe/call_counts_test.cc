#include "service/observe/call_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/fakes.h"

namespace gw::observe {
namespace {

using HowItEnded = History::Ended;
using absl::StatusCode;
using ::testing::ElementsAre;

class CallCountsTest : public ::testing::Test {
 protected:
  CallCountsTest() { clock_.Advance(absl::Hours(5)); }

  void Call(const std::string& caller, StatusCode code = StatusCode::kOk,
            Reason reason = Reason::kUnspecified) {
    counts_.Ended(caller, code, reason, absl::Milliseconds(1), clock_.Now());
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
    HowItEnded ended;
  } kCases[] = {
      {StatusCode::kOk, Reason::kUnspecified, HowItEnded::kWell},
      {StatusCode::kInvalidArgument, Reason::kInvalidField, HowItEnded::kWell},
      {StatusCode::kNotFound, Reason::kUpstreamNotFound, HowItEnded::kWell},
      {StatusCode::kFailedPrecondition, Reason::kAllocationNotInDoubt, HowItEnded::kWell},
      {StatusCode::kCancelled, Reason::kCancelled, HowItEnded::kWell},
      {StatusCode::kUnimplemented, Reason::kUpstreamNotConfigured, HowItEnded::kWell},
      {StatusCode::kResourceExhausted, Reason::kQuotaExceeded, HowItEnded::kRefused},
      {StatusCode::kResourceExhausted, Reason::kOverloaded, HowItEnded::kRefused},
      {StatusCode::kPermissionDenied, Reason::kCallerNotAllowed, HowItEnded::kRefused},
      {StatusCode::kUnavailable, Reason::kShuttingDown, HowItEnded::kRefused},
      {StatusCode::kResourceExhausted, Reason::kUpstreamRateLimited, HowItEnded::kFailed},
      {StatusCode::kFailedPrecondition, Reason::kUpstreamKeyRejected, HowItEnded::kFailed},
      {StatusCode::kFailedPrecondition, Reason::kUpstreamIpNotAllowed, HowItEnded::kFailed},
      {StatusCode::kFailedPrecondition, Reason::kEgressRefused, HowItEnded::kFailed},
      {StatusCode::kUnavailable, Reason::kLedgerUnavailable, HowItEnded::kFailed},
      {StatusCode::kUnknown, Reason::kAllocationInDoubt, HowItEnded::kFailed},
      {StatusCode::kInternal, Reason::kUpstreamBadResponse, HowItEnded::kFailed},
      {StatusCode::kDeadlineExceeded, Reason::kDeadlineExceeded, HowItEnded::kFailed},
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

TEST_F(CallCountsTest, LookForWhoIsGoneOnceInEachPartOfTheHour) {
  for (size_t i = 0; i + 1 < CallCounts::kMostCallers; ++i) Call(absl::StrCat("caller ", i));
  EXPECT_EQ(counts_.sweeps(), 0) << "there is a place for each";
  for (int part = 1; part <= 3; ++part) {
    for (int i = 0; i < 50; ++i) Call(absl::StrCat("somebody ", i));
    EXPECT_EQ(counts_.sweeps(), part);
    clock_.Advance(absl::Minutes(6));
  }
  clock_.Advance(absl::Hours(1));
  for (int i = 0; i < 50; ++i) Call(absl::StrCat("somebody ", i));
  EXPECT_EQ(counts_.sweeps(), 4);
  EXPECT_EQ(counts_.Callers().size(), 50u) << "and who is gone keeps no place";
}

}  // namespace
}  // namespace gw::observe
