#include "service/ledger/state_machine.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/ledger/email_key.h"

namespace gw::ledger {
namespace {

using Kind = Begun::Kind;
using Verdict = Outcome::Verdict;

constexpr char kEmail[] = "Arjun@company.io";
const absl::Time kThen = absl::FromUnixSeconds(1'000);
const absl::Time kNow = absl::FromUnixSeconds(2'000);

const observe::KeyedHash& Hash() {
  static const auto* const hash = new observe::KeyedHash(Secret("a-key"));
  return *hash;
}

/// A row as it is in that state at its attempt 3.
Row RowIn(State state, bool resendable = false) {
  Row row;
  row.seq = 7;
  row.key = {"caller", "id"};
  row.examination_id = 4711;
  row.candidate_email = kEmail;
  row.email_key = EmailKeyOf(kEmail);
  row.state = state;
  row.attempt = 3;
  row.create_time = kThen;
  row.update_time = kThen;
  row.resendable = resendable;
  if (state == State::kPending) row.owner = "somebody";
  if (state == State::kFailed || state == State::kInDoubt) row.error = "why";
  if (state == State::kSucceeded || state == State::kCancelled) {
    row.invite_id = 9;
    row.invite_link = "link";
  }
  return row;
}

Row Erased(Row row) {
  row.candidate_email.clear();
  row.email_key = ErasedEmailKey(row.email_key, Hash());
  row.invite_link.clear();
  return row;
}

Intent IntentOf(Intent::Kind kind) {
  Intent intent;
  intent.kind = kind;
  intent.key = {"caller", "id"};
  intent.owner = "me";
  if (kind == Intent::Kind::kResend) return intent;
  intent.examination_id = 4711;
  intent.candidate_email = kEmail;
  intent.email_key = EmailKeyOf(kEmail);
  return intent;
}

void ExpectSame(const Row& a, const Row& b) {
  EXPECT_EQ(a.seq, b.seq);
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.examination_id, b.examination_id);
  EXPECT_EQ(a.candidate_email, b.candidate_email);
  EXPECT_EQ(a.email_key, b.email_key);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.attempt, b.attempt);
  EXPECT_EQ(a.resendable, b.resendable);
  EXPECT_EQ(a.invite_id, b.invite_id);
  EXPECT_EQ(a.invite_link, b.invite_link);
  EXPECT_EQ(a.create_time, b.create_time);
  EXPECT_EQ(a.update_time, b.update_time);
  EXPECT_EQ(a.owner, b.owner);
  EXPECT_EQ(a.error, b.error);
}

void ExpectStarted(const Row& row) {
  EXPECT_EQ(row.seq, 7);
  EXPECT_EQ(row.state, State::kPending);
  EXPECT_EQ(row.attempt, 4);
  EXPECT_FALSE(row.resendable);
  EXPECT_EQ(row.owner, "me");
  EXPECT_EQ(row.error, "");
  EXPECT_EQ(row.create_time, kThen);
  EXPECT_EQ(row.update_time, kNow);
  EXPECT_EQ(row.candidate_email, kEmail);
  EXPECT_EQ(row.email_key, EmailKeyOf(kEmail));
}

struct DecideCase {
  State state;
  bool resendable;
  Kind again;   // kGivenId and kMadeId
  Kind resend;  // kResend
};

const DecideCase kDecisions[] = {
    {State::kPending, false, Kind::kExisting, Kind::kNotInDoubt},
    {State::kSucceeded, false, Kind::kExisting, Kind::kNotInDoubt},
    {State::kCancelled, false, Kind::kExisting, Kind::kNotInDoubt},
    {State::kFailed, true, Kind::kStart, Kind::kNotInDoubt},
    {State::kFailed, false, Kind::kExisting, Kind::kNotInDoubt},
    {State::kInDoubt, false, Kind::kExisting, Kind::kStart},
    {State::kAbandoned, false, Kind::kExisting, Kind::kNotInDoubt},
};

TEST(Decide, IsAsTheTableSaysForEveryStateAndIntent) {
  std::set<State> states;
  for (const DecideCase& c : kDecisions) {
    states.insert(c.state);
    for (const auto kind : {Intent::Kind::kGivenId, Intent::Kind::kMadeId, Intent::Kind::kResend}) {
      SCOPED_TRACE(absl::StrCat(StateName(c.state), c.resendable ? " resendable " : " ",
                                static_cast<int>(kind)));
      const Row row = RowIn(c.state, c.resendable);
      const Begun begun = Decide(IntentOf(kind), row, Hash(), kNow);
      EXPECT_EQ(begun.kind, kind == Intent::Kind::kResend ? c.resend : c.again);
      if (begun.kind == Kind::kStart) {
        ExpectStarted(begun.row);
      } else {
        ExpectSame(begun.row, row);
      }
    }
  }
  EXPECT_EQ(states.size(), AllStates().size());
}

TEST(Decide, WithoutTimeLeftNothingStarts) {
  for (const DecideCase& c : kDecisions) {
    for (const auto kind : {Intent::Kind::kGivenId, Intent::Kind::kResend}) {
      Intent intent = IntentOf(kind);
      intent.may_start = false;
      const Row row = RowIn(c.state, c.resendable);
      const Begun begun = Decide(intent, row, Hash(), kNow);
      const Kind in_time = kind == Intent::Kind::kResend ? c.resend : c.again;
      EXPECT_EQ(begun.kind, in_time == Kind::kStart ? Kind::kTooLate : in_time);
      ExpectSame(begun.row, row);
    }
  }
}

TEST(Decide, TheFailureThatWasWaitedForIsTheAnswer) {
  const Row row = RowIn(State::kFailed, /*resendable=*/true);
  Intent intent = IntentOf(Intent::Kind::kGivenId);
  intent.awaited_attempt = 3;
  EXPECT_EQ(Decide(intent, row, Hash(), kNow).kind, Kind::kExisting);
  intent.awaited_attempt = 2;
  EXPECT_EQ(Decide(intent, row, Hash(), kNow).kind, Kind::kStart);
}

TEST(Decide, AnotherPayloadIsReuseInEveryState) {
  for (const DecideCase& c : kDecisions) {
    const Row row = RowIn(c.state, c.resendable);
    Intent intent = IntentOf(Intent::Kind::kGivenId);
    intent.examination_id = 1;
    EXPECT_EQ(Decide(intent, row, Hash(), kNow).kind, Kind::kReused) << StateName(c.state);
    intent = IntentOf(Intent::Kind::kGivenId);
    intent.email_key = "somebody.else@company.io";
    EXPECT_EQ(Decide(intent, row, Hash(), kNow).kind, Kind::kReused) << StateName(c.state);
    EXPECT_EQ(Decide(intent, Erased(row), Hash(), kNow).kind, Kind::kReused);
  }
}

TEST(Decide, AnErasedCandidateIsKnownByTheHash) {
  for (const DecideCase& c : kDecisions) {
    SCOPED_TRACE(StateName(c.state));
    const Row row = Erased(RowIn(c.state, c.resendable));
    const Begun begun = Decide(IntentOf(Intent::Kind::kGivenId), row, Hash(), kNow);
    EXPECT_EQ(begun.kind, c.again);
    if (begun.kind == Kind::kStart) ExpectStarted(begun.row);
    EXPECT_EQ(Decide(IntentOf(Intent::Kind::kResend), row, Hash(), kNow).kind,
              c.state == State::kInDoubt ? Kind::kErased : Kind::kNotInDoubt);
  }
}

TEST(Decide, AnAddressThatLooksLikeTheHashOfAnErasedOneIsNotIt) {
  Row row = RowIn(State::kSucceeded);
  Intent intent = IntentOf(Intent::Kind::kGivenId);
  row.email_key = ErasedEmailKey(intent.email_key, Hash());  // though its address is there
  EXPECT_EQ(Decide(intent, row, Hash(), kNow).kind, Kind::kReused);
}

TEST(FirstRow, IsPendingAtItsFirstAttempt) {
  const Row row = FirstRow(IntentOf(Intent::Kind::kMadeId), kNow);
  EXPECT_EQ(row.key, (Key{"caller", "id"}));
  EXPECT_EQ(row.state, State::kPending);
  EXPECT_EQ(row.attempt, 1);
  EXPECT_EQ(row.owner, "me");
  EXPECT_EQ(row.candidate_email, kEmail);
  EXPECT_EQ(row.create_time, kNow);
  EXPECT_EQ(row.update_time, kNow);
  EXPECT_EQ(row.seq, 0);
}

Outcome OutcomeOf(Verdict verdict) {
  Outcome outcome;
  outcome.verdict = verdict;
  if (verdict == Verdict::kSucceeded) {
    outcome.invite_id = 9;
    outcome.invite_link = "link";
  } else {
    outcome.error = "new";
  }
  return outcome;
}

struct SettleCase {
  State state;
  bool resendable;
  /// Of kSucceeded (of the same invitation), kNotExecuted, kFailed, kInDoubt.
  Settled settled[4];
};

constexpr Settled kDone = Settled::kDone;
constexpr Settled kSame = Settled::kAlready;
constexpr Settled kNo = Settled::kContradiction;

const SettleCase kSettles[] = {
    {State::kPending, false, {kDone, kDone, kDone, kDone}},
    {State::kSucceeded, false, {kSame, kNo, kNo, kNo}},
    {State::kCancelled, false, {kSame, kNo, kNo, kNo}},
    {State::kFailed, true, {kNo, kSame, kNo, kNo}},
    {State::kFailed, false, {kNo, kNo, kSame, kNo}},
    {State::kInDoubt, false, {kDone, kDone, kDone, kSame}},
    {State::kAbandoned, false, {kNo, kNo, kNo, kNo}},
};

const Verdict kVerdicts[] = {Verdict::kSucceeded, Verdict::kNotExecuted, Verdict::kFailed,
                             Verdict::kInDoubt};
constexpr State kAfter[] = {State::kSucceeded, State::kFailed, State::kFailed, State::kInDoubt};

TEST(Settle, IsAsTheTableSaysForEveryStateAndOutcome) {
  std::set<State> states;
  for (const SettleCase& c : kSettles) {
    states.insert(c.state);
    for (int i = 0; i < 4; ++i) {
      SCOPED_TRACE(absl::StrCat(StateName(c.state), c.resendable ? " resendable " : " ", i));
      const Row before = RowIn(c.state, c.resendable);
      Row row = before;
      EXPECT_EQ(Settle(3, OutcomeOf(kVerdicts[i]), kNow, row), c.settled[i]);
      if (c.settled[i] != Settled::kDone) {
        ExpectSame(row, before);
        continue;
      }
      const bool succeeded = kVerdicts[i] == Verdict::kSucceeded;
      EXPECT_EQ(row.state, kAfter[i]);
      EXPECT_EQ(row.resendable, kVerdicts[i] == Verdict::kNotExecuted);
      EXPECT_EQ(row.attempt, 3);
      EXPECT_EQ(row.owner, "");
      EXPECT_EQ(row.error, succeeded ? "" : "new");
      EXPECT_EQ(row.invite_id, succeeded ? 9 : 0);
      EXPECT_EQ(row.invite_link, succeeded ? "link" : "");
      EXPECT_EQ(row.update_time, kNow);
      EXPECT_EQ(row.create_time, kThen);
    }
  }
  EXPECT_EQ(states.size(), AllStates().size());
}

TEST(Settle, OfAnotherAttemptIsAContradictionInEveryState) {
  for (const SettleCase& c : kSettles) {
    for (const Verdict verdict : kVerdicts) {
      for (const int attempt : {2, 4}) {
        const Row before = RowIn(c.state, c.resendable);
        Row row = before;
        EXPECT_EQ(Settle(attempt, OutcomeOf(verdict), kNow, row), Settled::kContradiction);
        ExpectSame(row, before);
      }
    }
  }
}

TEST(Settle, AnotherInvitationContradictsASuccess) {
  for (const State state : {State::kSucceeded, State::kCancelled}) {
    Row row = RowIn(state);
    Outcome outcome = OutcomeOf(Verdict::kSucceeded);
    outcome.invite_id = 10;
    EXPECT_EQ(Settle(3, outcome, kNow, row), Settled::kContradiction);
    EXPECT_EQ(row.invite_id, 9);
  }
}

TEST(Settle, KeepsNoLinkOfAnErasedCandidate) {
  Row row = Erased(RowIn(State::kPending));
  EXPECT_EQ(Settle(3, OutcomeOf(Verdict::kSucceeded), kNow, row), Settled::kDone);
  EXPECT_EQ(row.invite_id, 9);
  EXPECT_EQ(row.invite_link, "");
}

TEST(Resolve, IsForADoubtAlone) {
  for (const State state : AllStates()) {
    for (const auto kind : {Resolution::Kind::kConfirm, Resolution::Kind::kAbandon}) {
      SCOPED_TRACE(StateName(state));
      const Row before = RowIn(state);
      Row row = before;
      const bool confirm = kind == Resolution::Kind::kConfirm;
      EXPECT_EQ(Resolve({kind, 11, "found"}, kNow, row), state == State::kInDoubt);
      if (state != State::kInDoubt) {
        ExpectSame(row, before);
        continue;
      }
      EXPECT_EQ(row.state, confirm ? State::kSucceeded : State::kAbandoned);
      EXPECT_EQ(row.invite_id, confirm ? 11 : 0);
      EXPECT_EQ(row.invite_link, confirm ? "found" : "");
      EXPECT_EQ(row.error, "");
      EXPECT_EQ(row.update_time, kNow);
    }
  }
  Row erased = Erased(RowIn(State::kInDoubt));
  EXPECT_TRUE(Resolve({Resolution::Kind::kConfirm, 11, "found"}, kNow, erased));
  EXPECT_EQ(erased.invite_link, "");
}

TEST(Orphan, IsOnlyWhatIsPending) {
  for (const State state : AllStates()) {
    const Row before = RowIn(state);
    Row row = before;
    EXPECT_EQ(Orphan(kNow, row), state == State::kPending) << StateName(state);
    if (state != State::kPending) {
      ExpectSame(row, before);
      continue;
    }
    EXPECT_EQ(row.state, State::kInDoubt);
    EXPECT_EQ(row.owner, before.owner) << "who may yet know that nothing was sent";
    EXPECT_EQ(row.update_time, kNow);
    EXPECT_EQ(row.attempt, 3);
  }
}

TEST(States, HaveNamesThatLeadBack) {
  std::set<std::string> names;
  for (const State state : AllStates()) {
    names.insert(std::string(StateName(state)));
    EXPECT_EQ(StateOf(StateName(state)), state);
  }
  EXPECT_EQ(names.size(), 6u);
  EXPECT_EQ(StateOf("LATER"), State::kInDoubt);
  EXPECT_EQ(StateOf(""), State::kInDoubt);
}

}  // namespace
}  // namespace gw::ledger
