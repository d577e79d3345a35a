// Who stops waiting, when, and what that means for what is sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ledger/allocations_fixture.h"

namespace gw::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using Leaving = AllocationsTest;

TEST_F(Leaving, TheLastWhoLeavesBeforeDepartureTakesItBack) {
  const auto call = Allocate({"a"});
  Cancel(call);
  EXPECT_EQ(call->result(), "CANCELLED CANCELLED");
  EXPECT_EQ(call->request_id(), "a");
  EXPECT_TRUE(sender_.CalledOff(0));
  EXPECT_FALSE(sender_.Leaves(0));
  Answer(0, NotLet());
  EXPECT_EQ(RowOf("a"), "FAILED 1");
  EXPECT_EQ(allocations_->active(), 0U);
  Allocate({"a"});
  EXPECT_EQ(RowOf("a"), "PENDING 2");
  EXPECT_TRUE(sender_.Leaves(1));
}

TEST_F(Leaving, ADeadlineBeforeDepartureTakesItBack) {
  const auto call = Allocate({"a"});
  Advance(absl::Seconds(30));
  EXPECT_EQ(call->result(), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  EXPECT_TRUE(sender_.CalledOff(0));
  EXPECT_FALSE(sender_.Leaves(0));
  Answer(0, NotLet());
  EXPECT_EQ(RowOf("a"), "FAILED 1");
}

TEST_F(Leaving, OneOfSeveralTakesNothingBack) {
  const auto first = Allocate({"a"});
  const auto second = Allocate({"a"});
  Cancel(first);
  EXPECT_EQ(first->result(), "ABORTED ALLOCATION_IN_PROGRESS");
  EXPECT_FALSE(sender_.CalledOff(0));
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(second->result(), "SUCCEEDED 31 replayed");
}

TEST_F(Leaving, AfterDepartureNobodyTakesItBackAndItsOutcomeIsRecordedAndLogged) {
  const auto call = Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  Cancel(call);
  EXPECT_EQ(call->result(), "ABORTED ALLOCATION_IN_PROGRESS");
  EXPECT_FALSE(sender_.CalledOff(0));
  EXPECT_TRUE(sender_.Leaves(0)) << "once more, by who knows that nothing was executed";
  log_.Take();
  Answer(0, Succeeded());
  EXPECT_EQ(RowOf("a"), "SUCCEEDED 1");
  EXPECT_EQ(allocations_->active(), 0U);
  const auto lines = log_.Take();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0]["event"], "late_allocation_outcome");
  EXPECT_EQ(lines[0]["outcome"], "SUCCEEDED");
  EXPECT_EQ(lines[0]["invite_id"], 31);
  EXPECT_EQ(Allocate({"a"})->result(), "SUCCEEDED 31 replayed");
}

TEST_F(Leaving, AnOutcomeThatSomebodyHearsIsNotLate) {
  const auto first = Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  Cancel(first);
  const auto second = Allocate({"a"});
  log_.Take();
  Answer(0, Succeeded());
  EXPECT_EQ(second->result(), "SUCCEEDED 31 replayed");
  EXPECT_THAT(log_.Take(), IsEmpty());
}

TEST_F(Leaving, WhoComesAfterItWasTakenBackHasItBegunAnew) {
  Cancel(Allocate({"a"}));
  const auto late = Allocate({"a"});
  EXPECT_FALSE(sender_.Leaves(0));
  EXPECT_EQ(late->result(), "waiting");
  Answer(0, NotLet());
  ASSERT_THAT(sender_.sent(), SizeIs(2));
  EXPECT_EQ(RowOf("a"), "PENDING 2");
  EXPECT_FALSE(sender_.CalledOff(1));
  LeaveAndAnswer(1, Succeeded());
  EXPECT_EQ(late->result(), "SUCCEEDED 31") << "it is this call that had it sent";
}

TEST_F(Leaving, WhoComesWhileItIsSettledAfterItWasTakenBackHasItBegunAnew) {
  Cancel(Allocate({"a"}));
  EXPECT_FALSE(sender_.Leaves(0));
  store_.Hold();
  sender_.Answer(0, NotLet());
  store_.WaitForHeld();
  const auto late = Ask({"a"});
  store_.LetGo();
  Rest();
  ASSERT_THAT(sender_.sent(), SizeIs(2));
  LeaveAndAnswer(1, Succeeded());
  EXPECT_EQ(late->result(), "SUCCEEDED 31");
}

TEST_F(Leaving, WhoLeavesWhileItIsBegunHasItSettledWithNothingSent) {
  store_.Hold();
  const auto call = Ask({"a"});
  store_.WaitForHeld();
  call->cancel.request_stop();
  EXPECT_EQ(call->result(), "CANCELLED CANCELLED");
  store_.LetGo();
  Rest();
  ASSERT_THAT(sender_.sent(), SizeIs(1));
  EXPECT_TRUE(sender_.CalledOff(0));
  EXPECT_FALSE(sender_.Leaves(0));
  Answer(0, NotLet());
  EXPECT_EQ(RowOf("a"), "FAILED 1");
  EXPECT_EQ(allocations_->active(), 0U);
}

TEST_F(Leaving, WhoHasCancelledAlreadySendsNothing) {
  auto call = std::make_shared<Call>();
  call->cancel.request_stop();
  allocations_->Allocate(
      {"a caller", clock_.Now() + absl::Seconds(30), call->cancel.get_token(), {}},
      {"a", false, 7, "ann@example.com"},
      [call](auto result) { call->told.push_back(std::move(result)); });
  Rest();
  EXPECT_EQ(call->result(), "CANCELLED CANCELLED");
  EXPECT_EQ(RowOf("a"), "(none)");
  EXPECT_EQ(allocations_->active(), 0U);
}

TEST_F(Leaving, ItIsNotBegunWithLessThanTheMinimumOfTimeLeft) {
  const auto call = Allocate({"a", "ann@example.com", absl::Milliseconds(999)});
  EXPECT_EQ(call->result(), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  EXPECT_EQ(RowOf("a"), "(none)");
  EXPECT_THAT(sender_.sent(), IsEmpty());
  Allocate({"a", "ann@example.com", absl::Seconds(1)});
  EXPECT_THAT(sender_.sent(), SizeIs(1));
}

TEST_F(Leaving, AnAnswerThatIsThereIsGivenHoweverLittleTimeIsLeft) {
  Allocate({"a"});
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(Allocate({"a", "ann@example.com", absl::Milliseconds(1)})->result(),
            "SUCCEEDED 31 replayed");
}

TEST_F(Leaving, ItDoesNotLeaveWithLessThanTheMinimumOfTimeLeft) {
  const auto call = Allocate({"a"});
  Advance(absl::Seconds(29) + absl::Milliseconds(1));
  EXPECT_FALSE(sender_.Leaves(0));
  EXPECT_EQ(call->result(), "waiting");
  Answer(0, NotLet());
  EXPECT_EQ(call->result(), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  EXPECT_EQ(call->request_id(), "a");
  EXPECT_EQ(RowOf("a"), "FAILED 1");
}

TEST_F(Leaving, ItLeavesForWhoeverHasTheMost) {
  Allocate({"a", "ann@example.com", absl::Seconds(2)});
  Allocate({"a", "ann@example.com", absl::Seconds(5)});
  Advance(absl::Milliseconds(1500));
  EXPECT_TRUE(sender_.Leaves(0));
}

TEST_F(Leaving, WhoHasTimeGetsWhatOneWithoutDidNotBegin) {
  store_.Hold();
  const auto hasty = Ask({"a", "ann@example.com", absl::Milliseconds(500)});
  store_.WaitForHeld();
  const auto patient = Ask({"a"});
  store_.LetGo();
  Rest();
  ASSERT_THAT(sender_.sent(), SizeIs(1));
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(patient->result(), "SUCCEEDED 31 replayed");
}

TEST_F(Leaving, WhoHasTimeGetsWhatDidNotLeaveForOneWithout) {
  const auto hasty = Allocate({"a", "ann@example.com", absl::Seconds(2)});
  Advance(absl::Milliseconds(1500));
  EXPECT_FALSE(sender_.Leaves(0));
  const auto patient = Allocate({"a"});
  Answer(0, NotLet());
  ASSERT_THAT(sender_.sent(), SizeIs(2));
  EXPECT_EQ(RowOf("a"), "PENDING 2");
  LeaveAndAnswer(1, Succeeded());
  EXPECT_EQ(patient->result(), "SUCCEEDED 31 replayed");
}

TEST_F(Leaving, AProcessThatDoesNotOwnTheRowAnyMoreSendsNothing) {
  const auto call = Allocate({"a"});
  store_.LoseOwnership();
  EXPECT_FALSE(sender_.Leaves(0));
  Answer(0, NotLet());
  EXPECT_EQ(call->result(), "UNAVAILABLE LEDGER_UNAVAILABLE");
  EXPECT_EQ(call->request_id(), "a");
  EXPECT_EQ(RowOf("a"), "FAILED 1");
  EXPECT_EQ(allocations_->active(), 0U);
}

// As when the upstream has refused the key, and it is about to be sent with the previous one.
TEST_F(Leaving, WhatHasLeftLeavesOnceMoreOnlyFromTheProcessThatOwnsTheRow) {
  const auto call = Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  EXPECT_TRUE(sender_.Leaves(0));
  store_.LoseOwnership();
  EXPECT_FALSE(sender_.Leaves(0));
}

TEST_F(Leaving, AsksForTheOwnershipOfAsLongAsTheUpstreamMayTake) {
  Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  EXPECT_EQ(store_.asked_span(), absl::Seconds(10));
}

TEST_F(Leaving, NothingIsRecordedOfWhatFindsNoPlace) {
  Failure failure;
  failure.reason = Reason::kOverloaded;
  sender_.SetRoom(MakeFailure(absl::StatusCode::kResourceExhausted, "too many", failure));
  const auto call = Ask({"a", "ann@example.com", absl::Seconds(30)});
  EXPECT_EQ(call->result(), "RESOURCE_EXHAUSTED OVERLOADED") << "at once, without the ledger";
  EXPECT_EQ(call->request_id(), "a");
  EXPECT_EQ(sender_.asked_start_by(), clock_.Now() + absl::Seconds(29));
  Rest();
  EXPECT_EQ(RowOf("a"), "(none)");
  EXPECT_THAT(sender_.sent(), IsEmpty());
  EXPECT_EQ(allocations_->active(), 0U);
  sender_.SetRoom(absl::OkStatus());
  Allocate({"a"});
  EXPECT_EQ(RowOf("a"), "PENDING 1");
}

TEST_F(Leaving, WhoJoinsWhatIsUnderWayNeedsNoPlace) {
  const auto first = Allocate({"a"});
  sender_.SetRoom(absl::ResourceExhaustedError("too many"));
  const auto second = Allocate({"a"});
  EXPECT_EQ(second->result(), "waiting");
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(second->result(), "SUCCEEDED 31 replayed");
}

TEST_F(Leaving, IsOfUseAsLongAsTheMostPatientHasTimeForIt) {
  store_.Hold();
  Ask({"a", "ann@example.com", absl::Seconds(5)});
  Ask({"a", "ann@example.com", absl::Seconds(9)});
  store_.LetGo();
  Rest();
  EXPECT_EQ(sender_.start_by(0), clock_.Now() + absl::Seconds(8));
}

TEST_F(Leaving, CountsThoseWhoWereLetInUntilTheSenderHasThem) {
  store_.Hold();
  Ask({"a"});
  Ask({"b"});
  EXPECT_EQ(sender_.asked_ahead(), 1U);
  Ask({"c"});
  EXPECT_EQ(sender_.asked_ahead(), 2U);
  store_.LetGo();
  Rest();
  ASSERT_THAT(sender_.sent(), SizeIs(3));
  Ask({"d"});
  EXPECT_EQ(sender_.asked_ahead(), 0U) << "all three are with the sender";
  Rest();
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(Allocate({"a"})->result(), "SUCCEEDED 31 replayed");
  Ask({"e"});
  EXPECT_EQ(sender_.asked_ahead(), 0U) << "the replay did not go there";
}

TEST_F(Leaving, AtTheEndNobodyWaitsForAStoreThatDoesNotAnswer) {
  const auto sent = Allocate({"sent"});
  EXPECT_TRUE(sender_.Leaves(0));
  store_.Hold();
  sender_.Answer(0, Succeeded());
  const auto begun = Ask({"begun"});
  store_.WaitForHeld();
  allocations_->StopWaitingForLedger();
  EXPECT_EQ(sent->result(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(sent->request_id(), "sent");
  EXPECT_EQ(begun->result(), "UNAVAILABLE SHUTTING_DOWN");
  EXPECT_EQ(begun->request_id(), "begun");
  store_.LetGo();
  Rest();
  EXPECT_EQ(sent->result(), "UNKNOWN ALLOCATION_IN_DOUBT") << "told once";
  EXPECT_EQ(RowOf("sent"), "SUCCEEDED 1") << "what is known is recorded all the same";
}

}  // namespace
}  // namespace gw::testing
