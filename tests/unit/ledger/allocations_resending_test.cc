// A person has a doubt settled by sending again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ledger/allocations_fixture.h"

namespace gw::testing {
namespace {

using ::testing::SizeIs;

class Resending : public AllocationsTest {
 protected:
  void MakeDoubt(const std::string& request_id) {
    Allocate({request_id});
    LeaveAndAnswer(sender_.sent().size() - 1, InDoubt());
    EXPECT_EQ(RowOf(request_id), "IN_DOUBT 1");
  }
  ledger::Event LastEventOf(const std::string& request_id) {
    ledger::Event last;
    store_.With([&](ledger::Rows& rows) {
      last = rows.Events(rows.Find({"a caller", request_id})->seq).back();
    });
    return last;
  }
};

TEST_F(Resending, SendsTheSameOnceMoreAndKeepsWhoAskedForIt) {
  MakeDoubt("a");
  const auto call = Resend("a");
  EXPECT_EQ(sender_.sent().at(1), "7 ann@example.com");
  EXPECT_EQ(RowOf("a"), "PENDING 2");
  EXPECT_EQ(LastEventOf("a").actor, "an admin");
  EXPECT_EQ(LastEventOf("a").note, "it is not in the portal");
  LeaveAndAnswer(1, Succeeded());
  EXPECT_EQ(call->result(), "SUCCEEDED 31");
  EXPECT_EQ(RowOf("a"), "SUCCEEDED 2");
}

TEST_F(Resending, IsRefusedWhileItIsUnderWay) {
  const auto first = Allocate({"a"});
  EXPECT_EQ(Resend("a")->result(), "ABORTED ALLOCATION_IN_PROGRESS");
  LeaveAndAnswer(0, InDoubt());
  const auto second = Resend("a");
  EXPECT_EQ(Resend("a")->result(), "ABORTED ALLOCATION_IN_PROGRESS");
  EXPECT_EQ(second->result(), "waiting");
  EXPECT_THAT(sender_.sent(), SizeIs(2));
}

TEST_F(Resending, IsRefusedWhereThereIsNoDoubt) {
  EXPECT_EQ(Resend("nobody's")->result(), "NOT_FOUND ALLOCATION_NOT_FOUND");
  Allocate({"a"});
  LeaveAndAnswer(0, Succeeded());
  const auto call = Resend("a");
  EXPECT_EQ(call->result(), "FAILED_PRECONDITION ALLOCATION_NOT_IN_DOUBT");
  EXPECT_EQ(call->request_id(), "a");
  EXPECT_THAT(sender_.sent(), SizeIs(1));
  EXPECT_EQ(allocations_->active(), 0U);
}

TEST_F(Resending, IsRefusedWhereTheAddressIsNotKnownAnyMore) {
  MakeDoubt("a");
  store_.With([](ledger::Rows& rows) { ledger::Erase(rows, "ann@example.com", "an admin"); });
  EXPECT_EQ(Resend("a")->result(), "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(RowOf("a"), "IN_DOUBT 1");
  EXPECT_THAT(sender_.sent(), SizeIs(1));
}

TEST_F(Resending, NeedsTheMinimumOfTimeToo) {
  MakeDoubt("a");
  EXPECT_EQ(Resend("a", absl::Milliseconds(999))->result(), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  EXPECT_EQ(RowOf("a"), "IN_DOUBT 1");
}

TEST_F(Resending, IsJoinedByWhoAsksForTheSame) {
  MakeDoubt("a");
  const auto resend = Resend("a");
  const auto joined = Allocate({"a"});
  const auto other = Allocate({"a", "bob@example.com"});
  LeaveAndAnswer(1, Succeeded());
  EXPECT_EQ(resend->result(), "SUCCEEDED 31");
  EXPECT_EQ(joined->result(), "SUCCEEDED 31 replayed");
  EXPECT_EQ(other->result(), "INVALID_ARGUMENT REQUEST_ID_REUSED");
}

// That nothing was sent now says nothing of what was sent before.
TEST_F(Resending, ThatDidNotLeaveLeavesTheDoubtAlsoForWhoHasJoined) {
  MakeDoubt("a");
  const auto resend = Resend("a");
  Cancel(resend);
  EXPECT_EQ(resend->result(), "CANCELLED CANCELLED");
  const auto joined = Allocate({"a"});
  EXPECT_FALSE(sender_.Leaves(1));
  Answer(1, NotLet());
  EXPECT_EQ(joined->result(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(RowOf("a"), "IN_DOUBT 2");
  EXPECT_THAT(sender_.sent(), SizeIs(2));
  EXPECT_EQ(allocations_->active(), 0U);
}

TEST_F(Resending, ThatWasRefusedBeforeExecutionEndsTheDoubt) {
  MakeDoubt("a");
  const auto resend = Resend("a");
  LeaveAndAnswer(1, Refused());
  EXPECT_EQ(resend->result(), "UNAVAILABLE UPSTREAM_RATE_LIMITED");
  EXPECT_EQ(RowOf("a"), "FAILED 2");
}

TEST_F(Resending, AnAnswerToTheAttemptBeforeChangesNothing) {
  const auto first = Allocate({"a"});
  EXPECT_TRUE(sender_.Leaves(0));
  store_.OwnerLives(store_.OwnerId(), false);
  // Another replica has put it in doubt, and a person has sent it again from there.
  store_.With([](ledger::Rows& rows) {
    EXPECT_EQ(ledger::PutOrphansInDoubt(rows, 10), 1);
    ledger::Intent intent;
    intent.kind = ledger::Intent::Kind::kResend;
    intent.key = {"a caller", "a"};
    intent.owner = "another gateway";
    EXPECT_EQ(ledger::Begin(rows, intent).kind, ledger::Begun::Kind::kStart);
  });
  Answer(0, Succeeded(30));
  EXPECT_EQ(first->result(), "ABORTED ALLOCATION_IN_PROGRESS");
  EXPECT_EQ(RowOf("a"), "PENDING 2");
  EXPECT_EQ(ledger_.contradictions(), 1);
  EXPECT_EQ(LastEventOf("a").attempt, 1);
}

}  // namespace
}  // namespace gw::testing
