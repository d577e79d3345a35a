#include "service/concero/allocator.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "service/base/failure.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::concero {
namespace {

using Result = absl::StatusOr<AllocationAnswer>;

constexpr char kSuccess[] =
    R"({"success": true, "message": "m", "data": {"candidate_email": "arjun.mehta@company.io",
        "examination_id": 119, "invite_id": 142, "invite_link": "https://c.example/start/A3bk"}})";

class AllocatorTest : public ::testing::Test {
 protected:
  size_t Allocate(absl::Duration time_left = absl::InfiniteDuration(),
                  std::stop_token cancel = {}) {
    const size_t n = told_.size();
    told_.emplace_back();
    allocator_.Allocate(119, "arjun.mehta@company.io", {clock_.Now() + time_left, cancel},
                        [this, n](Result result) {
                          EXPECT_FALSE(told_[n].has_value()) << "told twice";
                          told_[n] = std::move(result);
                        });
    return n;
  }
  const Result& told(size_t n) { return told_.at(n).value(); }
  bool waits(size_t n) { return !told_.at(n).has_value(); }
  Reason reason(size_t n) { return GetFailure(told(n).status()).reason; }

  std::vector<std::optional<Result>> told_;  // first: told until the last of the others is gone
  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  testing::FakeTransport transport_;
  Allocator allocator_{transport_, timer_, clock_, Allocator::Options{}};
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
  EXPECT_TRUE(transport_.request(0).before_send());
  transport_.Answer(0, testing::Answered(201, kSuccess));
  EXPECT_EQ(told(n)->invite_id, 142);
  EXPECT_EQ(told(n)->invite_link, "https://c.example/start/A3bk");
}

TEST_F(AllocatorTest, IsNotBegunWithLessThanMinTimeLeft) {
  const size_t n = Allocate(absl::Milliseconds(999));
  EXPECT_EQ(transport_.sent(), 0u);
  EXPECT_EQ(told(n).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(reason(n), Reason::kDeadlineExceeded);
  Allocate(absl::Seconds(1));
  EXPECT_EQ(transport_.sent(), 1u);
}

TEST_F(AllocatorTest, DoesNotLeaveWhenTheWaitForItsTurnLeftTooLittleTime) {
  const size_t n = Allocate(absl::Seconds(3));
  clock_.Advance(absl::Milliseconds(2001));
  EXPECT_FALSE(transport_.request(0).before_send());
  transport_.Answer(0, testing::Broken(http::ErrorKind::kRefused, http::Phase::kConnected));
  EXPECT_EQ(told(n).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(AllocatorTest, IsCalledOffByTheDeadlineAsLongAsItHasNotLeft) {
  const size_t n = Allocate(absl::Seconds(3));
  timer_.Advance(absl::Seconds(3));
  EXPECT_EQ(reason(n), Reason::kDeadlineExceeded);
  EXPECT_TRUE(transport_.request(0).cancel.stop_requested());
  EXPECT_FALSE(transport_.request(0).before_send()) << "called off, and yet it leaves";
  transport_.Answer(0, testing::Broken(http::ErrorKind::kCancelled, http::Phase::kNotConnected));
}

TEST_F(AllocatorTest, IsCalledOffByACancelAsLongAsItHasNotLeft) {
  std::stop_source cancel;
  const size_t n = Allocate(absl::InfiniteDuration(), cancel.get_token());
  cancel.request_stop();
  EXPECT_EQ(told(n).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(reason(n), Reason::kCancelled);
  EXPECT_FALSE(transport_.request(0).before_send());
}

TEST_F(AllocatorTest, IsInDoubtForWhoStopsWaitingAfterItLeftAndGoesOn) {
  std::stop_source cancel;
  const size_t by_deadline = Allocate(absl::Seconds(3));
  const size_t by_cancel = Allocate(absl::InfiniteDuration(), cancel.get_token());
  EXPECT_TRUE(transport_.request(0).before_send());
  EXPECT_TRUE(transport_.request(1).before_send());
  timer_.Advance(absl::Seconds(3));
  cancel.request_stop();
  for (const size_t n : {by_deadline, by_cancel}) {
    EXPECT_EQ(told(n).status().code(), absl::StatusCode::kUnknown);
    EXPECT_EQ(reason(n), Reason::kAllocationInDoubt);
    EXPECT_FALSE(transport_.request(n).cancel.stop_requested()) << "it was taken back";
  }
  transport_.Answer(0, testing::Answered(201, kSuccess));  // late: must not be told again
  transport_.Answer(1, testing::Broken(http::ErrorKind::kTimeout, http::Phase::kWritten));
}

TEST_F(AllocatorTest, IsInDoubtWhenNoAnswerCameAndRepeatableWhenNothingWasSent) {
  const size_t lost = Allocate(), refused = Allocate(), dropped = Allocate();
  transport_.Answer(0, testing::Broken(http::ErrorKind::kConnectionLost, http::Phase::kWritten));
  transport_.Answer(1, testing::Broken(http::ErrorKind::kConnect, http::Phase::kNotConnected));
  transport_.Drop(2);
  EXPECT_EQ(reason(lost), Reason::kAllocationInDoubt);
  EXPECT_EQ(reason(refused), Reason::kUpstreamUnavailable);
  EXPECT_EQ(reason(dropped), Reason::kAllocationInDoubt);
  EXPECT_FALSE(waits(lost));
}

TEST_F(AllocatorTest, TakesConcerosEnvelopeForAFailureUnlessItIsDistrusted) {
  constexpr char kEnvelope[] =
      R"({"success": false, "message": "An error occurred during allocation.",
          "error": "SQLSTATE[HY000]: General error"})";
  const size_t trusted = Allocate();
  transport_.Answer(0, testing::Answered(500, kEnvelope));
  EXPECT_EQ(told(trusted).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(reason(trusted), Reason::kUpstreamAllocationFailed);
  EXPECT_FALSE(absl::StrContains(told(trusted).status().message(), "SQL"));

  Allocator::Options options;
  options.distrust_envelope = true;
  Allocator distrustful(transport_, timer_, clock_, options);
  std::optional<Result> result;
  distrustful.Allocate(119, "arjun.mehta@company.io", {}, [&](Result r) { result = r; });
  transport_.Answer(1, testing::Answered(500, kEnvelope));
  EXPECT_EQ(GetFailure(result->status()).reason, Reason::kAllocationInDoubt);
}

}  // namespace
}  // namespace gw::concero
