// What people do to rows, in both stores: cancel, resolve, erase.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "tests/integration/ledger/stores.h"

namespace gw::ledger::testing {
namespace {

class PersonTest : public StoreTest {
 protected:
  int Cancel(int64_t invite_id) {
    int marked = -1;
    act_.Do([&](Rows& rows) { marked = MarkCancelled(rows, invite_id, "somebody"); });
    return marked;
  }
  Resolved Decide(const std::string& request_id, const Resolution& resolution, Row& row) {
    Resolved resolved = Resolved::kNotFound;
    act_.Do([&](Rows& rows) {
      resolved = ResolveRow(rows, {kCaller, request_id}, resolution, "a person", "seen", row);
    });
    return resolved;
  }
  int EraseOf(const std::string& email) {
    int erased = -1;
    act_.Do([&](Rows& rows) { erased = Erase(rows, email, "a person"); });
    return erased;
  }
};
IN_BOTH_STORES(PersonTest);

const Resolution kConfirm = {Resolution::Kind::kConfirm, kInvite, kLink};
const Resolution kAbandon = {Resolution::Kind::kAbandon, 0, ""};

TEST_P(PersonTest, ACancelledInvitationIsMarkedInEveryRowOfIt) {
  act_.Bring(Given("a"), State::kSucceeded);
  act_.Bring(Given("b"), State::kSucceeded);
  act_.Begin(Given("c"));
  act_.Settle("c", 1, Success(kInvite + 1));
  EXPECT_EQ(Cancel(kInvite), 2);
  EXPECT_EQ(act_.Find("a").state, State::kCancelled);
  EXPECT_EQ(act_.Find("b").state, State::kCancelled);
  EXPECT_EQ(act_.Find("c").state, State::kSucceeded);
  EXPECT_EQ(act_.Trail("a"), "PENDING SUCCEEDED CANCELLED");
  EXPECT_EQ(act_.Events("a").back().actor, "somebody");
  EXPECT_EQ(Cancel(kInvite), 0);
  EXPECT_EQ(act_.Trail("a"), "PENDING SUCCEEDED CANCELLED");
}

TEST_P(PersonTest, RowsWithoutAnInvitationAreNotOfInvitationZero) {
  act_.Bring(Given("a"), State::kPending);
  EXPECT_EQ(Cancel(0), 0);
  EXPECT_EQ(Cancel(kInvite), 0);
  EXPECT_EQ(act_.Find("a").state, State::kPending);
}

TEST_P(PersonTest, ADoubtIsConfirmed) {
  act_.Bring(Given("a"), State::kInDoubt);
  Row row;
  EXPECT_EQ(Decide("a", kConfirm, row), Resolved::kDone);
  for (const Row& found : {row, act_.Find("a")}) {
    EXPECT_EQ(found.state, State::kSucceeded);
    EXPECT_EQ(found.invite_id, kInvite);
    EXPECT_EQ(found.invite_link, kLink);
    EXPECT_EQ(found.error, "");
  }
  const Event event = act_.Events("a").back();
  EXPECT_EQ(event.state, State::kSucceeded);
  EXPECT_EQ(event.actor, "a person");
  EXPECT_EQ(event.note, "seen");
}

TEST_P(PersonTest, ADoubtIsAbandoned) {
  act_.Bring(Given("a"), State::kInDoubt);
  Row row;
  EXPECT_EQ(Decide("a", kAbandon, row), Resolved::kDone);
  EXPECT_EQ(row.state, State::kAbandoned);
  EXPECT_EQ(act_.Trail("a"), "PENDING IN_DOUBT ABANDONED");
  EXPECT_EQ(act_.Begin(Given("a")).kind, Begun::Kind::kExisting);
}

TEST_P(PersonTest, WhatIsNotInDoubtIsNotResolved) {
  Row row;
  EXPECT_EQ(Decide("none", kConfirm, row), Resolved::kNotFound);
  for (const State state : AllStates()) {
    if (state == State::kInDoubt) continue;
    const std::string id(StateName(state));
    SCOPED_TRACE(id);
    act_.Bring(Given(id), state);
    const size_t events = act_.Events(id).size();
    EXPECT_EQ(Decide(id, kConfirm, row), Resolved::kNotInDoubt);
    EXPECT_EQ(Decide(id, kAbandon, row), Resolved::kNotInDoubt);
    EXPECT_EQ(row.state, state);
    EXPECT_EQ(act_.Find(id).state, state);
    EXPECT_EQ(act_.Events(id).size(), events);
  }
}

TEST_P(PersonTest, ADoubtAboutAnErasedCandidateIsConfirmedWithoutTheLink) {
  act_.Bring(Given("a"), State::kInDoubt);
  EraseOf(kEmail);
  Row row;
  EXPECT_EQ(Decide("a", kConfirm, row), Resolved::kDone);
  EXPECT_EQ(act_.Find("a").invite_id, kInvite);
  EXPECT_EQ(act_.Find("a").invite_link, "");
}

TEST_P(PersonTest, AnErasedCandidateIsBlankedOutEverywhereAndTheTrailStays) {
  act_.Bring(Given("a"), State::kSucceeded);
  Intent other_caller = About(Given("a"), "arjun.MEHTA@company.IO");
  other_caller.key.caller = "spiffe://example.org/other";
  act_.Begin(other_caller);
  act_.Bring(About(Given("b"), "somebody.else@company.io"), State::kSucceeded);
  const Row before = act_.Find("a");
  EXPECT_EQ(EraseOf("  ARJUN.mehta@company.io "), 2);
  const Row row = act_.Find("a");
  EXPECT_TRUE(row.erased());
  EXPECT_EQ(row.candidate_email, "");
  EXPECT_EQ(row.invite_link, "");
  EXPECT_EQ(row.email_key.substr(0, 7), "erased:");
  EXPECT_FALSE(absl::StrContains(row.email_key, "ehta"));
  EXPECT_EQ(row.invite_id, kInvite);
  EXPECT_EQ(row.state, State::kSucceeded);
  EXPECT_EQ(row.update_time, before.update_time);
  EXPECT_EQ(act_.Trail("a"), "PENDING SUCCEEDED SUCCEEDED");
  EXPECT_EQ(act_.Events("a").back().note, "the candidate was erased");
  EXPECT_FALSE(act_.Find("b").erased());
  EXPECT_EQ(EraseOf(kEmail), 0);
}

TEST_P(PersonTest, TheLettersOfOtherAlphabetsAreNotFoldedForErasure) {
  act_.Bring(About(Given("a"), "\xc3\x89lise@company.io"), State::kSucceeded);
  EXPECT_EQ(EraseOf("\xc3\xa9lise@company.io"), 0);
  EXPECT_EQ(EraseOf("\xc3\x89LISE@COMPANY.IO"), 1);
}

TEST_P(PersonTest, TheSameRequestOfAnErasedCandidateIsStillTheSame) {
  act_.Bring(Given("a"), State::kSucceeded);
  EraseOf(kEmail);
  EXPECT_EQ(act_.Begin(Given("a")).kind, Begun::Kind::kExisting);
  EXPECT_EQ(act_.Begin(About(Given("a"), "somebody.else@company.io")).kind, Begun::Kind::kReused);
}

TEST_P(PersonTest, ARefusedRequestOfAnErasedCandidateIsSentAgainWithItsAddress) {
  act_.Bring(Given("a"), State::kFailed, /*resendable=*/true);
  EraseOf(kEmail);
  EXPECT_EQ(act_.Begin(Given("a")).kind, Begun::Kind::kStart);
  EXPECT_EQ(act_.Find("a").candidate_email, kEmail);
}

}  // namespace
}  // namespace gw::ledger::testing
