// What another process sends is waited for through the store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "service/ledger/recorded_failure_codec.h"
#include "tests/unit/ledger/allocations_fixture.h"

namespace gw::testing {
namespace {

using ledger::Outcome;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Watching : public AllocationsTest {
 protected:
  // How often the ledger was asked for it.
  long Looks(const std::string& request_id) {
    long looks = 0;
    for (const std::string& group : store_.groups()) {
      looks += absl::StrContains(group, "begin " + request_id) ? 1 : 0;
    }
    return looks;
  }
};

TEST_F(Watching, AnswersWithWhatTheOtherHasSent) {
  OtherReplicaBegins("a");
  const auto call = Allocate({"a"});
  EXPECT_EQ(call->result(), "waiting");
  Advance(absl::Milliseconds(50));
  EXPECT_EQ(call->result(), "waiting");
  OtherReplicaSettles("a", Outcome::Verdict::kSucceeded);
  Advance(absl::Milliseconds(100));
  EXPECT_EQ(call->result(), "SUCCEEDED 31 replayed");
  EXPECT_THAT(sender_.sent(), IsEmpty());
  EXPECT_EQ(allocations_->active(), 0U);
}

TEST_F(Watching, LooksLessAndLessOftenAndOnceASecondAtLeast) {
  OtherReplicaBegins("a");
  const auto call = Allocate({"a"});
  long looks = 1;
  EXPECT_EQ(Looks("a"), looks);
  for (const int pause : {50, 100, 200, 400, 800, 1000, 1000, 1000}) {
    SCOPED_TRACE(pause);
    Advance(absl::Milliseconds(pause - 1));
    EXPECT_EQ(Looks("a"), looks);
    Advance(absl::Milliseconds(1));
    EXPECT_EQ(Looks("a"), ++looks);
  }
}

TEST_F(Watching, AllWhoWaitShareOneLook) {
  OtherReplicaBegins("a");
  std::vector<CallPtr> calls{Allocate({"a"})};
  for (int i = 0; i < 20; ++i) calls.push_back(Allocate({"a"}));
  Advance(absl::Milliseconds(50));
  EXPECT_EQ(Looks("a"), 2);
  OtherReplicaSettles("a", Outcome::Verdict::kSucceeded);
  Advance(absl::Milliseconds(100));
  for (const auto& call : calls) EXPECT_EQ(call->result(), "SUCCEEDED 31 replayed");
}

TEST_F(Watching, TheFailureOfTheAwaitedAttemptIsTheAnswerAndNothingIsSent) {
  OtherReplicaBegins("a");
  const auto call = Allocate({"a"});
  OtherReplicaSettles("a", Outcome::Verdict::kNotExecuted,
                      ledger::EncodeRecordedFailure(Refused().status));
  Advance(absl::Milliseconds(50));
  EXPECT_EQ(call->result(), "UNAVAILABLE UPSTREAM_RATE_LIMITED");
  EXPECT_EQ(call->request_id(), "a");
  EXPECT_THAT(sender_.sent(), IsEmpty());
  Allocate({"a"});
  EXPECT_THAT(sender_.sent(), SizeIs(1));
  EXPECT_EQ(RowOf("a"), "PENDING 2");
}

TEST_F(Watching, AtTheDeadlineItIsInProgressAndNobodyLooksAnyMore) {
  OtherReplicaBegins("a");
  const auto call = Allocate({"a", "ann@example.com", absl::Milliseconds(500)});
  Advance(absl::Milliseconds(500));
  EXPECT_EQ(call->result(), "ABORTED ALLOCATION_IN_PROGRESS");
  EXPECT_EQ(call->request_id(), "a");
  Advance(absl::Seconds(1));
  EXPECT_EQ(allocations_->active(), 0U);
  const long looks = Looks("a");
  Advance(absl::Seconds(10));
  EXPECT_EQ(Looks("a"), looks);
  EXPECT_EQ(RowOf("a"), "PENDING 1");
}

TEST_F(Watching, WhatADeadProcessHasBegunIsInDoubt) {
  OtherReplicaBegins("a");
  const auto call = Allocate({"a"});
  store_.OwnerLives("another gateway", false);
  Advance(absl::Milliseconds(50));
  EXPECT_EQ(call->result(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(RowOf("a"), "IN_DOUBT 1");
  EXPECT_THAT(sender_.sent(), IsEmpty());
}

TEST_F(Watching, WhatTheOtherHasTakenBackAndBegunAgainIsWaitedForOn) {
  OtherReplicaBegins("a");
  const auto call = Allocate({"a"});
  OtherReplicaSettles("a", Outcome::Verdict::kNotExecuted);
  OtherReplicaBegins("a");
  Advance(absl::Milliseconds(50));
  EXPECT_EQ(call->result(), "waiting");
  OtherReplicaSettles("a", Outcome::Verdict::kSucceeded);
  Advance(absl::Milliseconds(100));
  EXPECT_EQ(call->result(), "SUCCEEDED 31 replayed");
}

// They had come when it was taken back, and then it was another's after all.
TEST_F(Watching, WhatIsSentAfterAWaitIsNotCalledOffByWhoLeftBeforeIt) {
  OtherReplicaBegins("a");
  store_.Hold();
  const auto first = Ask({"a"});
  store_.WaitForHeld();
  first->cancel.request_stop();
  const auto second = Ask({"a"});
  store_.LetGo();
  Rest();
  OtherReplicaSettles("a", Outcome::Verdict::kNotExecuted);
  OtherReplicaBegins("a");
  OtherReplicaSettles("a", Outcome::Verdict::kNotExecuted);
  Advance(absl::Milliseconds(50));
  ASSERT_THAT(sender_.sent(), SizeIs(1));
  EXPECT_FALSE(sender_.CalledOff(0));
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(RowOf("a"), "SUCCEEDED 3");
}

TEST_F(Watching, StopTellsWhoWaitsForAnotherAndLetsWhatIsSentGoOn) {
  OtherReplicaBegins("theirs");
  const auto waiting = Allocate({"theirs"});
  const auto sent = Allocate({"ours"});
  allocations_->Stop();
  EXPECT_EQ(waiting->result(), "UNAVAILABLE SHUTTING_DOWN");
  EXPECT_EQ(waiting->request_id(), "theirs");
  EXPECT_EQ(sent->result(), "waiting");
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(sent->result(), "SUCCEEDED 31");
  Advance(absl::Seconds(1));
  EXPECT_EQ(allocations_->active(), 0U);
}

TEST_F(Watching, WhoWaitsForAnotherIsToldWhenAllIsTakenDown) {
  OtherReplicaBegins("a");
  const auto call = Allocate({"a"});
  allocations_.reset();
  EXPECT_EQ(call->result(), "CANCELLED CANCELLED");
}

TEST_F(Watching, WhatIsBegunWhenAllIsTakenDownIsNotSentAndRecordedSo) {
  store_.Hold();
  const auto call = Ask({"a"});
  store_.WaitForHeld();
  allocations_.reset();
  EXPECT_EQ(call->result(), "waiting");
  store_.LetGo();
  Rest();
  EXPECT_EQ(call->result(), "UNAVAILABLE SHUTTING_DOWN");
  EXPECT_TRUE(sender_.sent().empty());
  EXPECT_EQ(RowOf("a"), "FAILED 1");
}

TEST_F(Watching, WhatIsBeingSentWhenAllIsTakenDownIsRecorded) {
  const auto call = Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  allocations_.reset();
  EXPECT_EQ(call->result(), "waiting");
  Answer(0, Succeeded());
  EXPECT_EQ(call->result(), "SUCCEEDED 31");
  EXPECT_EQ(RowOf("a"), "SUCCEEDED 1");
}

}  // namespace
}  // namespace gw::testing
