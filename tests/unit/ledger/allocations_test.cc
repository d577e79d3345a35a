// Allocations as those who ask for them see them: sent once, and answered by what is recorded.
#include "service/ledger/allocations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ledger/allocations_fixture.h"

namespace gw::testing {
namespace {

using ledger::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Allocating = AllocationsTest;

TEST_F(Allocating, SendsOnceAndAnswersWithWhatIsRecorded) {
  const auto call = Allocate({"a"});
  EXPECT_THAT(sender_.sent(), ElementsAre("7 ann@example.com"));
  EXPECT_EQ(RowOf("a"), "PENDING 1");
  EXPECT_EQ(call->result(), "waiting");
  EXPECT_EQ(allocations_->active(), 1U);
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(call->result(), "SUCCEEDED 31");
  EXPECT_EQ(call->request_id(), "a");
  EXPECT_EQ(RowOf("a"), "SUCCEEDED 1");
  EXPECT_EQ(allocations_->active(), 0U);
  EXPECT_EQ(timer_.pending(), 0U);
}

TEST_F(Allocating, SendsTheAddressWithoutBlanksAroundIt) {
  Allocate({"a", " ann@Example.com\t"});
  EXPECT_THAT(sender_.sent(), ElementsAre("7 ann@Example.com"));
}

TEST_F(Allocating, SendsNothingBeforeTheIntentIsDurable) {
  store_.Hold();
  const auto call = Ask({"a"});
  store_.WaitForHeld();
  EXPECT_THAT(sender_.sent(), IsEmpty());
  store_.LetGo();
  Rest();
  EXPECT_THAT(sender_.sent(), SizeIs(1));
}

TEST_F(Allocating, TellsNobodyBeforeTheOutcomeIsDurable) {
  const auto call = Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  store_.Hold();
  sender_.Answer(0, Succeeded());
  store_.WaitForHeld();
  EXPECT_EQ(call->result(), "waiting");
  store_.LetGo();
  Rest();
  EXPECT_EQ(call->result(), "SUCCEEDED 31");
}

TEST_F(Allocating, AnswersTheSameIdWithWhatItsFirstCallHas) {
  Allocate({"a"});
  LeaveAndAnswer(0, Succeeded());
  const auto again = Allocate({"a", " ann@EXAMPLE.com "});
  EXPECT_EQ(again->result(), "SUCCEEDED 31 replayed");
  EXPECT_THAT(sender_.sent(), SizeIs(1));
}

TEST_F(Allocating, ManyWhoAskAtOnceShareOneSending) {
  std::vector<CallPtr> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(Ask({"a", "ann@example.com"}));
  Rest();
  EXPECT_EQ(allocations_->active(), 1U);
  EXPECT_TRUE(sender_.Leaves(0));
  for (int i = 0; i < 50; ++i) calls.push_back(Ask({"a", "ann@EXAMPLE.com "}));
  Answer(0, Succeeded());
  EXPECT_EQ(calls[0]->result(), "SUCCEEDED 31");
  for (size_t i = 1; i < calls.size(); ++i) {
    EXPECT_EQ(calls[i]->result(), "SUCCEEDED 31 replayed") << i;
  }
  EXPECT_THAT(sender_.sent(), SizeIs(1));
}

TEST_F(Allocating, AnIdOfAnotherAddressIsRefusedAndChangesNothing) {
  const auto first = Allocate({"a"});
  const auto other = Allocate({"a", "bob@example.com"});
  EXPECT_EQ(other->result(), "INVALID_ARGUMENT REQUEST_ID_REUSED");
  EXPECT_EQ(other->request_id(), "a");
  EXPECT_EQ(first->result(), "waiting");
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(first->result(), "SUCCEEDED 31");
  EXPECT_EQ(Allocate({"a", "bob@example.com"})->result(), "INVALID_ARGUMENT REQUEST_ID_REUSED");
  EXPECT_EQ(Allocate({"a", "Ann@example.com"})->result(), "INVALID_ARGUMENT REQUEST_ID_REUSED");
  EXPECT_THAT(sender_.sent(), SizeIs(1));
}

TEST_F(Allocating, CallersDoNotShareTheirIds) {
  Asked other{"a", "bob@example.com"};
  other.caller = "another caller";
  const auto ours = Allocate({"a"});
  const auto theirs = Allocate(other);
  EXPECT_THAT(sender_.sent(), ElementsAre("7 ann@example.com", "7 bob@example.com"));
  LeaveAndAnswer(0, Succeeded(31));
  LeaveAndAnswer(1, Succeeded(32));
  EXPECT_EQ(ours->result(), "SUCCEEDED 31");
  EXPECT_EQ(theirs->result(), "SUCCEEDED 32");
}

TEST_F(Allocating, SendsAgainWhatWasNotExecuted) {
  const auto first = Allocate({"a"});
  const auto joined = Allocate({"a"});
  LeaveAndAnswer(0, Refused());
  EXPECT_EQ(first->result(), "UNAVAILABLE UPSTREAM_RATE_LIMITED");
  EXPECT_EQ(joined->result(), "UNAVAILABLE UPSTREAM_RATE_LIMITED");
  EXPECT_EQ(joined->request_id(), "a");
  EXPECT_EQ(RowOf("a"), "FAILED 1");
  const auto again = Allocate({"a"});
  EXPECT_EQ(RowOf("a"), "PENDING 2");
  LeaveAndAnswer(1, Succeeded());
  EXPECT_EQ(again->result(), "SUCCEEDED 31");
  EXPECT_EQ(RowOf("a"), "SUCCEEDED 2");
}

TEST_F(Allocating, TellsTheFirstWhenToRetryWhichIsNotRecorded) {
  const auto call = Allocate({"a"});
  Failure failure;
  failure.retry_delay = absl::Seconds(7);
  ledger::Sent sent = Refused();
  sent.status = MakeFailure(absl::StatusCode::kUnavailable, "too many", failure);
  LeaveAndAnswer(0, std::move(sent));
  EXPECT_EQ(GetFailure(call->told.at(0).status()).retry_delay, absl::Seconds(7));
}

TEST_F(Allocating, NeverSendsAgainWhatConceroHasFailed) {
  const auto first = Allocate({"a"});
  LeaveAndAnswer(0, Ended(Outcome::Verdict::kFailed, absl::StatusCode::kInternal,
                          Reason::kUpstreamAllocationFailed));
  EXPECT_EQ(first->result(), "INTERNAL UPSTREAM_ALLOCATION_FAILED");
  const auto again = Allocate({"a"});
  EXPECT_EQ(again->result(), "INTERNAL UPSTREAM_ALLOCATION_FAILED");
  EXPECT_EQ(again->told.at(0).status().message(), "said the upstream");
  EXPECT_EQ(again->request_id(), "a");
  EXPECT_THAT(sender_.sent(), SizeIs(1));
}

TEST_F(Allocating, NeverSendsAgainWhatIsInDoubt) {
  const auto first = Allocate({"a"});
  LeaveAndAnswer(0, InDoubt());
  EXPECT_EQ(first->result(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(RowOf("a"), "IN_DOUBT 1");
  const auto again = Allocate({"a"});
  EXPECT_EQ(again->result(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(again->request_id(), "a");
  EXPECT_THAT(sender_.sent(), SizeIs(1));
}

TEST_F(Allocating, ASenderThatForgetsItLeavesItInDoubt) {
  const auto call = Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  sender_.Drop(0);
  Rest();
  EXPECT_EQ(RowOf("a"), "IN_DOUBT 1");
  EXPECT_EQ(Allocate({"a"})->result().substr(0, 7), "UNKNOWN");
}

TEST_F(Allocating, SendsNothingWhileTheLedgerIsAway) {
  store_.FailWith({"gone"});
  const auto call = Allocate({"a"});
  EXPECT_EQ(call->result(), "UNAVAILABLE LEDGER_UNAVAILABLE");
  EXPECT_EQ(call->request_id(), "a");
  EXPECT_THAT(sender_.sent(), IsEmpty());
  EXPECT_EQ(allocations_->active(), 0U);
  store_.Recover();
  Allocate({"a"});
  EXPECT_EQ(RowOf("a"), "PENDING 1");
}

TEST_F(Allocating, IsInDoubtForTheCallerWhoseOutcomeCannotBeRecordedAndIsRecordedLater) {
  const auto call = Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  store_.FailWith({"gone"});
  Answer(0, Succeeded());
  EXPECT_EQ(call->result(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(call->request_id(), "a");
  EXPECT_EQ(RowOf("a"), "PENDING 1");
  store_.Recover();
  EXPECT_EQ(Allocate({"a"})->result(), "SUCCEEDED 31 replayed");
  EXPECT_EQ(RowOf("a"), "SUCCEEDED 1");
  EXPECT_THAT(sender_.sent(), SizeIs(1));
}

TEST_F(Allocating, ALateAnswerSettlesADoubtOfItsAttempt) {
  const auto call = Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  store_.OwnerLives(store_.OwnerId(), false);
  store_.With([](ledger::Rows& rows) { EXPECT_EQ(ledger::PutOrphansInDoubt(rows, 10), 1); });
  Answer(0, Succeeded());
  EXPECT_EQ(call->result(), "SUCCEEDED 31");
  EXPECT_EQ(RowOf("a"), "SUCCEEDED 1");
  EXPECT_EQ(ledger_.contradictions(), 0);
}

TEST_F(Allocating, AnAnswerAfterAPersonsDecisionIsOnlyTold) {
  const auto call = Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  store_.OwnerLives(store_.OwnerId(), false);
  store_.With([](ledger::Rows& rows) { EXPECT_EQ(ledger::PutOrphansInDoubt(rows, 10), 1); });
  PersonResolves("a", ledger::Resolution::Kind::kAbandon);
  log_.Take();
  Answer(0, Succeeded());
  EXPECT_EQ(call->result(), "FAILED_PRECONDITION ALLOCATION_ABANDONED");
  EXPECT_EQ(RowOf("a"), "ABANDONED 1");
  EXPECT_EQ(ledger_.contradictions(), 1);
  const auto lines = log_.Take();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0]["event"], "allocation_contradicted");
  EXPECT_EQ(lines[0]["level"], "error");
  EXPECT_EQ(lines[0]["outcome"], "SUCCEEDED");
  EXPECT_EQ(lines[0]["invite_id"], 31);
  EXPECT_EQ(lines[0]["state"], "ABANDONED");
}

}  // namespace
}  // namespace gw::testing
