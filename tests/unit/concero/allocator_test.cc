#include "service/concero/allocator.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "service/base/failure.h"
#include "tests/support/fake_transport.h"

namespace gw::concero {
namespace {

constexpr char kSuccess[] =
    R"({"success": true, "message": "m", "data": {"candidate_email": "arjun.mehta@company.io",
        "examination_id": 119, "invite_id": 142, "invite_link": "https://c.example/start/A3bk"}})";
constexpr char kEnvelope[] =
    R"({"success": false, "message": "An error occurred during allocation.",
        "error": "SQLSTATE[HY000]: General error"})";

class AllocatorTest : public ::testing::Test {
 protected:
  size_t Allocate(Allocator& allocator, Allocator::Departure departure = {}) {
    const size_t n = told_.size();
    told_.emplace_back();
    allocator.Allocate(119, "arjun.mehta@company.io", std::move(departure),
                       [this, n](AllocationOutcome outcome) {
                         EXPECT_FALSE(told_[n].has_value()) << "told twice";
                         told_[n] = std::move(outcome);
                       });
    return n;
  }
  size_t Allocate(Allocator::Departure departure = {}) {
    return Allocate(allocator_, std::move(departure));
  }
  const AllocationOutcome& told(size_t n) { return told_.at(n).value(); }
  AllocationVerdict verdict(size_t n) { return told(n).verdict; }
  Reason reason(size_t n) { return GetFailure(told(n).status).reason; }

  std::vector<std::optional<AllocationOutcome>> told_;  // outlives the others, who may tell
  testing::FakeTransport transport_;
  Allocator allocator_{transport_, Allocator::Options{}};
};

TEST_F(AllocatorTest, SendsOneShotOfTheDocumentedForm) {
  Allocate();
  ASSERT_EQ(transport_.sent(), 1u);
  const http::Request& request = transport_.request(0);
  EXPECT_TRUE(request.one_shot);
  EXPECT_EQ(request.max_idle, absl::Seconds(2));
  EXPECT_EQ(request.method, http::Method::kPost);
  EXPECT_EQ(request.target, "/allocate-candidate");
  EXPECT_EQ(request.body, R"({"candidate_email":"arjun.mehta@company.io","examination_id":119})");
  EXPECT_TRUE(request.deadline.IsNever()) << "bound by the upstream's timeout alone";
}

TEST_F(AllocatorTest, TellsTheInviteOfTheAnswer) {
  const size_t n = Allocate();
  transport_.Answer(0, testing::Answered(201, kSuccess));
  EXPECT_EQ(verdict(n), AllocationVerdict::kSucceeded);
  EXPECT_TRUE(told(n).status.ok());
  EXPECT_EQ(told(n).answer.invite_id, 142);
  EXPECT_EQ(told(n).answer.invite_link, "https://c.example/start/A3bk");
}

TEST_F(AllocatorTest, LeavesTheLastWordToWhoeverAskedForIt) {
  bool may_leave = false;
  Allocator::Departure departure;
  departure.may_leave = [&] { return may_leave; };
  const size_t n = Allocate(std::move(departure));
  EXPECT_FALSE(transport_.request(0).before_send());
  may_leave = true;
  EXPECT_TRUE(transport_.request(0).before_send());
  transport_.Answer(0, testing::Broken(http::ErrorKind::kRefused, http::Phase::kConnected));
  EXPECT_EQ(verdict(n), AllocationVerdict::kNotExecuted);
}

TEST_F(AllocatorTest, HandsTheCancelOn) {
  std::stop_source cancel;
  Allocator::Departure departure;
  departure.cancel = cancel.get_token();
  const size_t n = Allocate(std::move(departure));
  EXPECT_FALSE(transport_.request(0).cancel.stop_requested());
  cancel.request_stop();
  EXPECT_TRUE(transport_.request(0).cancel.stop_requested());
  transport_.Answer(0, testing::Broken(http::ErrorKind::kCancelled, http::Phase::kNotConnected));
  EXPECT_EQ(verdict(n), AllocationVerdict::kNotExecuted);
  EXPECT_EQ(reason(n), Reason::kCancelled);
}

TEST_F(AllocatorTest, IsInDoubtWhenNoAnswerCameAndNotExecutedWhenNothingWasSent) {
  const size_t lost = Allocate(), refused = Allocate(), dropped = Allocate();
  transport_.Answer(0, testing::Broken(http::ErrorKind::kConnectionLost, http::Phase::kWritten));
  transport_.Answer(1, testing::Broken(http::ErrorKind::kConnect, http::Phase::kNotConnected));
  transport_.Drop(2);
  EXPECT_EQ(verdict(lost), AllocationVerdict::kInDoubt);
  EXPECT_EQ(reason(lost), Reason::kAllocationInDoubt);
  EXPECT_EQ(verdict(refused), AllocationVerdict::kNotExecuted);
  EXPECT_EQ(reason(refused), Reason::kUpstreamUnavailable);
  EXPECT_EQ(verdict(dropped), AllocationVerdict::kInDoubt);
  EXPECT_EQ(reason(dropped), Reason::kAllocationInDoubt);
}

TEST_F(AllocatorTest, TakesConcerosEnvelopeForAFailureUnlessItIsDistrusted) {
  const size_t trusted = Allocate();
  transport_.Answer(0, testing::Answered(500, kEnvelope));
  EXPECT_EQ(verdict(trusted), AllocationVerdict::kFailed);
  EXPECT_EQ(told(trusted).status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(reason(trusted), Reason::kUpstreamAllocationFailed);
  EXPECT_FALSE(absl::StrContains(told(trusted).status.message(), "SQL"));

  Allocator::Options options;
  options.distrust_envelope = true;
  Allocator distrustful(transport_, options);
  const size_t distrusted = Allocate(distrustful);
  transport_.Answer(1, testing::Answered(500, kEnvelope));
  EXPECT_EQ(verdict(distrusted), AllocationVerdict::kInDoubt);
  EXPECT_EQ(reason(distrusted), Reason::kAllocationInDoubt);
}

}  // namespace
}  // namespace gw::concero
