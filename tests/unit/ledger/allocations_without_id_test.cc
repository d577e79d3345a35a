// Calls without a request_id: they are answered by an allocation like theirs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ledger/allocations_fixture.h"

namespace gw::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class WithoutId : public AllocationsTest {
 protected:
  using AllocationsTest::AllocationsTest;

  // A call for which the gateway makes this id.
  static Asked Made(const std::string& id, const std::string& email = "ann@example.com") {
    return {id, email, absl::Seconds(30), true};
  }
};
class WithoutDedupe : public WithoutId {
 protected:
  WithoutDedupe() : WithoutId(Options{absl::ZeroDuration(), absl::Seconds(1), absl::Seconds(10)}) {}
};

TEST_F(WithoutId, ThoseAtOneTimeShareOneSendingAndItsId) {
  std::vector<CallPtr> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(Ask(Made("made " + std::to_string(i))));
  Rest();
  ASSERT_THAT(sender_.sent(), SizeIs(1));
  EXPECT_EQ(allocations_->active(), 1U);
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(calls[0]->result(), "SUCCEEDED 31");
  for (const auto& call : calls) EXPECT_EQ(call->request_id(), "made 0");
  EXPECT_EQ(calls[1]->result(), "SUCCEEDED 31 replayed");
  EXPECT_THAT(store_.groups(), Not(Contains(HasSubstr("begin made 1"))))
      << "the first asks for all";
}

TEST_F(WithoutId, AnotherAddressOrCallerIsAnotherAllocation) {
  Asked elsewhere = Made("made 3");
  elsewhere.caller = "another caller";
  Ask(Made("made 1"));
  Ask(Made("made 2", "Ann@example.com"));
  Allocate(elsewhere);
  EXPECT_THAT(sender_.sent(), SizeIs(3));
}

TEST_F(WithoutId, OneThatSucceededLatelyIsTheAnswerAndNoLongerAfterTheWindow) {
  Allocate(Made("made 1"));
  LeaveAndAnswer(0, Succeeded());
  Advance(absl::Minutes(5) - absl::Milliseconds(1));
  const auto within = Allocate(Made("made 2", " ann@EXAMPLE.com"));
  EXPECT_EQ(within->result(), "SUCCEEDED 31 replayed");
  EXPECT_EQ(within->request_id(), "made 1");
  EXPECT_EQ(RowOf("made 2"), "(none)");
  Advance(absl::Milliseconds(1));
  Allocate(Made("made 3"));
  EXPECT_THAT(sender_.sent(), SizeIs(2));
  EXPECT_EQ(RowOf("made 3"), "PENDING 1");
}

TEST_F(WithoutId, OneInDoubtIsTheAnswerHoweverOld) {
  Allocate(Made("made 1"));
  LeaveAndAnswer(0, InDoubt());
  Advance(absl::Hours(24 * 365));
  const auto call = Allocate(Made("made 2"));
  EXPECT_EQ(call->result(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(call->request_id(), "made 1");
  EXPECT_THAT(sender_.sent(), SizeIs(1));
}

TEST_F(WithoutId, OneThatFailedDoesNotCount) {
  Allocate(Made("made 1"));
  LeaveAndAnswer(0, Refused());
  Allocate(Made("made 2"));
  EXPECT_THAT(sender_.sent(), SizeIs(2));
  EXPECT_EQ(RowOf("made 2"), "PENDING 1");
}

TEST_F(WithoutId, AnExplicitIdIsAlwaysAnAllocationOfItsOwn) {
  Allocate(Made("made 1"));
  Allocate({"a"});
  EXPECT_THAT(sender_.sent(), SizeIs(2));
}

TEST_F(WithoutId, IsAnsweredByAnExplicitOneThatIsUnderWay) {
  const auto first = Allocate({"a"});
  const auto second = Allocate(Made("made 1"));
  const auto third = Allocate(Made("made 2"));
  EXPECT_EQ(allocations_->active(), 1U);
  ASSERT_THAT(sender_.sent(), SizeIs(1));
  LeaveAndAnswer(0, Succeeded());
  EXPECT_EQ(first->result(), "SUCCEEDED 31");
  for (const auto& call : {second, third}) {
    EXPECT_EQ(call->result(), "SUCCEEDED 31 replayed");
    EXPECT_EQ(call->request_id(), "a");
  }
  EXPECT_EQ(RowOf("made 1"), "(none)");
}

TEST_F(WithoutId, WaitsForWhatAnotherReplicaSendsUnderItsId) {
  OtherReplicaBegins("theirs");
  const auto made = Allocate(Made("made 1"));
  const auto named = Allocate({"theirs"});
  const auto made_later = Allocate(Made("made 2"));
  EXPECT_EQ(allocations_->active(), 1U);
  OtherReplicaSettles("theirs", ledger::Outcome::Verdict::kSucceeded);
  Advance(absl::Seconds(1));
  for (const auto& call : {made, named, made_later}) {
    EXPECT_EQ(call->result(), "SUCCEEDED 31 replayed");
    EXPECT_EQ(call->request_id(), "theirs");
  }
  EXPECT_THAT(sender_.sent(), SizeIs(0));
  EXPECT_EQ(allocations_->active(), 0U);
}

TEST_F(WithoutId, TheLastWhoLeavesTakesItBackAlsoUnderAnotherId) {
  const auto first = Allocate({"a"});
  const auto second = Allocate(Made("made 1"));
  Cancel(first);
  EXPECT_FALSE(sender_.CalledOff(0));
  Cancel(second);
  EXPECT_EQ(second->result(), "CANCELLED CANCELLED");
  EXPECT_TRUE(sender_.CalledOff(0));
  EXPECT_FALSE(sender_.Leaves(0));
  Answer(0, NotLet());
  EXPECT_EQ(RowOf("a"), "FAILED 1");
  Allocate(Made("made 2"));
  EXPECT_EQ(RowOf("made 2"), "PENDING 1");
}

TEST_F(WithoutDedupe, EachIsAnAllocationOfItsOwn) {
  Ask(Made("made 1"));
  Allocate(Made("made 2"));
  EXPECT_THAT(sender_.sent(), SizeIs(2));
  EXPECT_EQ(allocations_->active(), 2U);
}

}  // namespace
}  // namespace gw::testing
