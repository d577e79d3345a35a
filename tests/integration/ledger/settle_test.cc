// What becomes of an attempt, in both stores.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/ledger/email_key.h"
#include "tests/integration/ledger/stores.h"

namespace gw::ledger::testing {
namespace {

using Verdict = Outcome::Verdict;
class SettleTest : public StoreTest {};
IN_BOTH_STORES(SettleTest);

Outcome OutcomeOf(Verdict verdict) {
  return verdict == Verdict::kSucceeded ? Success() : Not(verdict, "why");
}

struct Case {
  std::string name;
  Verdict verdict;
  State state;
  bool resendable;
};

const Case kCases[] = {
    {"succeeded", Verdict::kSucceeded, State::kSucceeded, false},
    {"refused", Verdict::kNotExecuted, State::kFailed, true},
    {"failed", Verdict::kFailed, State::kFailed, false},
    {"in doubt", Verdict::kInDoubt, State::kInDoubt, false},
};

TEST_P(SettleTest, AnOutcomeIsRecordedWithItsEvent) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const Row pending = act_.Bring(Given(c.name), State::kPending);
    const SettleWork settled = act_.Settle(c.name, 1, OutcomeOf(c.verdict));
    EXPECT_EQ(settled.settled, Settled::kDone);
    const bool succeeded = c.verdict == Verdict::kSucceeded;
    for (const Row& row : {settled.row, act_.Find(c.name)}) {
      EXPECT_EQ(row.seq, pending.seq);
      EXPECT_EQ(row.state, c.state);
      EXPECT_EQ(row.resendable, c.resendable);
      EXPECT_EQ(row.attempt, 1);
      EXPECT_EQ(row.owner, "");
      EXPECT_EQ(row.invite_id, succeeded ? kInvite : 0);
      EXPECT_EQ(row.invite_link, succeeded ? kLink : "");
      EXPECT_EQ(row.error, succeeded ? "" : "why");
      EXPECT_EQ(row.create_time, pending.create_time);
      EXPECT_EQ(row.update_time, settled.row.update_time);
      EXPECT_GE(row.update_time, pending.update_time);
    }
    const std::vector<Event> events = act_.Events(c.name);
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[1].state, c.state);
    EXPECT_EQ(events[1].time, settled.row.update_time);
    EXPECT_EQ(events[1].actor, "gateway");
    EXPECT_EQ(events[1].note, "answered");
  }
}

TEST_P(SettleTest, ALateDefiniteAnswerSettlesADoubtOfTheSameAttempt) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    act_.Bring(Given(c.name), State::kInDoubt);
    const SettleWork settled = act_.Settle(c.name, 1, OutcomeOf(c.verdict));
    const bool same = c.verdict == Verdict::kInDoubt;
    EXPECT_EQ(settled.settled, same ? Settled::kAlready : Settled::kDone);
    EXPECT_EQ(settled.row.state, c.state);
    EXPECT_EQ(act_.Find(c.name).state, c.state);
    EXPECT_EQ(act_.Events(c.name).size(), same ? 2u : 3u);
  }
}

TEST_P(SettleTest, TheSameOnceMoreChangesNothing) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    act_.Bring(Given(c.name), State::kPending);
    act_.Settle(c.name, 1, OutcomeOf(c.verdict));
    const Row before = act_.Find(c.name);
    const SettleWork again = act_.Settle(c.name, 1, OutcomeOf(c.verdict));
    EXPECT_EQ(again.settled, Settled::kAlready);
    EXPECT_EQ(again.row.update_time, before.update_time);
    EXPECT_EQ(act_.Find(c.name).update_time, before.update_time);
    EXPECT_EQ(act_.Events(c.name).size(), 2u);
  }
}

TEST_P(SettleTest, SuccessOfACancelledOneIsTheSame) {
  act_.Bring(Given("a"), State::kCancelled);
  EXPECT_EQ(act_.Settle("a", 1, Success()).settled, Settled::kAlready);
  EXPECT_EQ(act_.Settle("a", 1, Success(1)).settled, Settled::kContradiction);
  EXPECT_EQ(act_.Find("a").state, State::kCancelled);
}

TEST_P(SettleTest, AContradictionIsKeptInTheTrailAlone) {
  struct {
    const char* id;
    State state;
    bool resendable;
    Verdict verdict;
  } const cases[] = {
      {"a", State::kSucceeded, false, Verdict::kFailed},
      {"b", State::kSucceeded, false, Verdict::kInDoubt},
      {"c", State::kFailed, false, Verdict::kSucceeded},
      {"d", State::kFailed, false, Verdict::kNotExecuted},
      {"e", State::kFailed, true, Verdict::kFailed},
      {"f", State::kFailed, true, Verdict::kSucceeded},
      {"g", State::kAbandoned, false, Verdict::kSucceeded},
      {"h", State::kCancelled, false, Verdict::kFailed},
      {"i", State::kFailed, false, Verdict::kInDoubt},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.id);
    act_.Bring(Given(c.id), c.state, c.resendable);
    const Row before = act_.Find(c.id);
    const size_t events = act_.Events(c.id).size();
    const SettleWork settled = act_.Settle(c.id, 1, OutcomeOf(c.verdict));
    EXPECT_EQ(settled.settled, Settled::kContradiction);
    EXPECT_EQ(settled.row.state, c.state);
    const Row after = act_.Find(c.id);
    EXPECT_EQ(after.state, c.state);
    EXPECT_EQ(after.resendable, c.resendable);
    EXPECT_EQ(after.invite_id, before.invite_id);
    EXPECT_EQ(after.update_time, before.update_time);
    const std::vector<Event> trail = act_.Events(c.id);
    ASSERT_EQ(trail.size(), events + 1);
    EXPECT_EQ(trail.back().state, c.state);
    EXPECT_EQ(trail.back().actor, "gateway");
    EXPECT_EQ(trail.back().note, "an answer to attempt 1 came too late: answered");
  }
}

TEST_P(SettleTest, AnAnswerToAnOlderAttemptDoesNotTouchTheNewer) {
  act_.Bring(Given("a"), State::kFailed, /*resendable=*/true);
  act_.Begin(Given("a"));
  const SettleWork late = act_.Settle("a", 1, Success());
  EXPECT_EQ(late.settled, Settled::kContradiction);
  EXPECT_EQ(late.row.attempt, 2);
  const Row row = act_.Find("a");
  EXPECT_EQ(row.state, State::kPending);
  EXPECT_EQ(row.owner, store_->OwnerId());
  EXPECT_EQ(act_.Events("a").back().attempt, 1);
  EXPECT_EQ(act_.Settle("a", 2, Success()).settled, Settled::kDone);
  EXPECT_EQ(act_.Find("a").state, State::kSucceeded);
}

TEST_P(SettleTest, AnAnswerWithoutARowIsAContradictionWithoutARow) {
  const SettleWork settled = act_.Settle("none", 1, Success());
  EXPECT_EQ(settled.settled, Settled::kContradiction);
  EXPECT_EQ(settled.row.seq, 0);
}

TEST_P(SettleTest, OfAnErasedCandidateNoLinkIsKept) {
  act_.Bring(Given("a"), State::kPending);
  act_.Do([](Rows& rows) { Erase(rows, kEmail, "a person"); });
  const SettleWork settled = act_.Settle("a", 1, Success());
  EXPECT_EQ(settled.settled, Settled::kDone);
  EXPECT_EQ(settled.row.invite_link, "");
  const Row row = act_.Find("a");
  EXPECT_EQ(row.state, State::kSucceeded);
  EXPECT_EQ(row.invite_id, kInvite);
  EXPECT_EQ(row.invite_link, "");
  EXPECT_TRUE(row.erased());
}

TEST_P(SettleTest, WhatIsTakenBackCanBeBegunAgain) {
  act_.Bring(Given("a"), State::kPending);
  act_.Do([](Rows& rows) { TakeBack(rows, {kCaller, "a"}, "somebody else"); });
  EXPECT_EQ(act_.Find("a").state, State::kPending);
  const std::string owner = store_->OwnerId();
  act_.Do([&](Rows& rows) { TakeBack(rows, {kCaller, "a"}, owner); });
  EXPECT_EQ(act_.Find("a").state, State::kFailed);
  EXPECT_TRUE(act_.Find("a").resendable);
  EXPECT_EQ(act_.Begin(Given("a")).kind, Begun::Kind::kStart);
  EXPECT_EQ(act_.Trail("a"), "PENDING FAILED PENDING");
}

TEST_P(SettleTest, NothingElseIsTakenBack) {
  const std::string owner = store_->OwnerId();
  for (const State state : AllStates()) {
    if (state == State::kPending) continue;
    const std::string id(StateName(state));
    act_.Bring(Given(id), state);
    act_.Do([&](Rows& rows) {
      TakeBack(rows, {kCaller, id}, owner);
      TakeBack(rows, {kCaller, id}, "");
      TakeBack(rows, {kCaller, "none"}, owner);
    });
    EXPECT_EQ(act_.Find(id).state, state);
  }
}

}  // namespace
}  // namespace gw::ledger::testing
