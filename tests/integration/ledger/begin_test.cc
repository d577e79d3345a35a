// What becomes of an intent, in both stores: the table of state_machine.h.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/ledger/stores.h"

namespace gw::ledger::testing {
namespace {

using Kind = Begun::Kind;
class BeginTest : public StoreTest {};
IN_BOTH_STORES(BeginTest);

TEST_P(BeginTest, TheFirstOfAKeyIsRecordedAsPendingAndIsItsAskersToSend) {
  const Begun begun = act_.Begin(Given("a"));
  EXPECT_EQ(begun.kind, Kind::kStart);
  for (const Row& row : {begun.row, act_.Find("a")}) {
    EXPECT_GT(row.seq, 0);
    EXPECT_EQ(row.key, (Key{kCaller, "a"}));
    EXPECT_EQ(row.examination_id, kExamination);
    EXPECT_EQ(row.candidate_email, "Arjun.Mehta@Company.io");
    EXPECT_EQ(row.email_key, "Arjun.Mehta@company.io");
    EXPECT_EQ(row.state, State::kPending);
    EXPECT_EQ(row.attempt, 1);
    EXPECT_FALSE(row.resendable);
    EXPECT_EQ(row.invite_id, 0);
    EXPECT_EQ(row.invite_link, "");
    EXPECT_EQ(row.owner, store_->OwnerId());
    EXPECT_EQ(row.error, "");
    EXPECT_EQ(row.create_time, row.update_time);
    EXPECT_EQ(row.create_time, begun.row.create_time);
  }
  const std::vector<Event> events = act_.Events("a");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].state, State::kPending);
  EXPECT_EQ(events[0].time, begun.row.create_time);
  EXPECT_EQ(events[0].actor, kCaller);
  EXPECT_EQ(events[0].note, "");
  EXPECT_EQ(events[0].attempt, 1);
}

struct Again {
  std::string name;
  State state;
  bool resendable;
  Kind kind;
  State after;
  int attempt;
};

TEST_P(BeginTest, TheSameKeyAgainIsAsTheTableSays) {
  const Again cases[] = {
      {"pending", State::kPending, false, Kind::kExisting, State::kPending, 1},
      {"succeeded", State::kSucceeded, false, Kind::kExisting, State::kSucceeded, 1},
      {"cancelled", State::kCancelled, false, Kind::kExisting, State::kCancelled, 1},
      {"refused", State::kFailed, true, Kind::kStart, State::kPending, 2},
      {"failed", State::kFailed, false, Kind::kExisting, State::kFailed, 1},
      {"in_doubt", State::kInDoubt, false, Kind::kExisting, State::kInDoubt, 1},
      {"abandoned", State::kAbandoned, false, Kind::kExisting, State::kAbandoned, 1},
  };
  for (const Again& again : cases) {
    SCOPED_TRACE(again.name);
    const Row before = act_.Bring(Given(again.name), again.state, again.resendable);
    EXPECT_EQ(before.state, again.state);
    const Begun begun = act_.Begin(Given(again.name));
    EXPECT_EQ(begun.kind, again.kind);
    EXPECT_EQ(begun.row.seq, before.seq);
    const Row after = act_.Find(again.name);
    for (const Row& row : {begun.row, after}) {
      EXPECT_EQ(row.state, again.after);
      EXPECT_EQ(row.attempt, again.attempt);
    }
    EXPECT_EQ(after.owner, again.after == State::kPending ? store_->OwnerId() : "");
    if (again.kind == Kind::kExisting) {
      EXPECT_EQ(begun.row.update_time, before.update_time);
      EXPECT_EQ(begun.row.error, before.error);
      EXPECT_EQ(begun.row.invite_link, before.invite_link);
    } else {
      EXPECT_EQ(after.error, "");
      EXPECT_FALSE(after.resendable);
      EXPECT_EQ(act_.Trail(again.name), "PENDING FAILED PENDING");
    }
  }
}

TEST_P(BeginTest, AnotherExaminationOrAddressUnderAKnownKeyIsReuse) {
  act_.Bring(Given("a"), State::kSucceeded);
  Intent other_examination = Given("a");
  other_examination.examination_id = 1;
  EXPECT_EQ(act_.Begin(other_examination).kind, Kind::kReused);
  EXPECT_EQ(act_.Begin(About(Given("a"), "somebody.else@company.io")).kind, Kind::kReused);
  EXPECT_EQ(act_.Begin(About(Given("a"), "arjun.mehta@company.io")).kind, Kind::kReused);
  EXPECT_EQ(act_.Begin(About(Given("a"), " Arjun.Mehta@COMPANY.IO ")).kind, Kind::kExisting);
  EXPECT_EQ(act_.Trail("a"), "PENDING SUCCEEDED");
}

TEST_P(BeginTest, ReuseOfARefusedOneDoesNotSendIt) {
  act_.Bring(Given("a"), State::kFailed, /*resendable=*/true);
  EXPECT_EQ(act_.Begin(About(Given("a"), "somebody.else@company.io")).kind, Kind::kReused);
  EXPECT_EQ(act_.Find("a").state, State::kFailed);
}

TEST_P(BeginTest, TheSameKeyOfAnotherCallerIsAnotherAllocation) {
  act_.Bring(Given("a"), State::kSucceeded);
  Intent other = Given("a");
  other.key.caller = "spiffe://example.org/other";
  EXPECT_EQ(act_.Begin(other).kind, Kind::kStart);
}

TEST_P(BeginTest, WithoutTimeLeftNothingIsRecorded) {
  Intent late = Given("a");
  late.may_start = false;
  EXPECT_EQ(act_.Begin(late).kind, Kind::kTooLate);
  EXPECT_EQ(act_.Find("a").seq, 0);
  act_.Bring(Given("b"), State::kFailed, /*resendable=*/true);
  late.key.request_id = "b";
  EXPECT_EQ(act_.Begin(late).kind, Kind::kTooLate);
  EXPECT_EQ(act_.Find("b").state, State::kFailed);
  act_.Bring(Given("c"), State::kSucceeded);
  late.key.request_id = "c";
  EXPECT_EQ(act_.Begin(late).kind, Kind::kExisting);
}

TEST_P(BeginTest, WhoWaitedForAnAttemptIsToldItsFailureAndDoesNotSendAgain) {
  act_.Bring(Given("a"), State::kFailed, /*resendable=*/true);
  Intent waited = Given("a");
  waited.awaited_attempt = 1;
  EXPECT_EQ(act_.Begin(waited).kind, Kind::kExisting);
  EXPECT_EQ(act_.Find("a").state, State::kFailed);
  EXPECT_EQ(act_.Begin(Given("a")).kind, Kind::kStart);
  act_.Settle("a", 2, Not(Outcome::Verdict::kNotExecuted, "again"));
  // It was attempt 1 that was waited for.
  EXPECT_EQ(act_.Begin(waited).kind, Kind::kStart);
}

TEST_P(BeginTest, AResendIsForADoubtAlone) {
  EXPECT_EQ(act_.Begin(Resend("none")).kind, Kind::kNotFound);
  for (const State state : AllStates()) {
    const std::string id(StateName(state));
    SCOPED_TRACE(id);
    act_.Bring(Given(id), state, /*resendable=*/true);
    const Begun begun = act_.Begin(Resend(id));
    EXPECT_EQ(begun.kind, state == State::kInDoubt ? Kind::kStart : Kind::kNotInDoubt);
  }
  const Row resent = act_.Find("IN_DOUBT");
  EXPECT_EQ(resent.state, State::kPending);
  EXPECT_EQ(resent.attempt, 2);
  EXPECT_EQ(resent.candidate_email, kEmail);
  EXPECT_EQ(resent.owner, store_->OwnerId());
  EXPECT_EQ(act_.Events("IN_DOUBT").back().actor, "a person");
  EXPECT_EQ(act_.Events("IN_DOUBT").back().note, "asked on the phone");
}

TEST_P(BeginTest, AResendIsNotForTheErased) {
  act_.Bring(Given("a"), State::kInDoubt);
  act_.Do([](Rows& rows) { Erase(rows, kEmail, "a person"); });
  EXPECT_EQ(act_.Begin(Resend("a")).kind, Kind::kErased);
  EXPECT_EQ(act_.Find("a").state, State::kInDoubt);
}

TEST_P(BeginTest, WithoutAnIdOneThatIsPendingOrInDoubtCounts) {
  const Row pending = act_.Bring(Given("a"), State::kPending);
  Intent made = Made("m1");
  made.dedupe_window = absl::Microseconds(1);  // of no account for these
  Begun begun = act_.Begin(made);
  EXPECT_EQ(begun.kind, Kind::kExisting);
  EXPECT_EQ(begun.row.seq, pending.seq);
  act_.Settle("a", 1, Not(Outcome::Verdict::kInDoubt, "no answer"));
  begun = act_.Begin(made);
  EXPECT_EQ(begun.kind, Kind::kExisting);
  EXPECT_EQ(begun.row.seq, pending.seq);
  EXPECT_EQ(begun.row.state, State::kInDoubt);
  EXPECT_EQ(act_.Find("m1").seq, 0);
}

TEST_P(BeginTest, WithoutAnIdASucceededOneCountsWithinTheWindow) {
  const Row succeeded = act_.Bring(Made("m1"), State::kSucceeded);
  Begun begun = act_.Begin(Made("m2"));
  EXPECT_EQ(begun.kind, Kind::kExisting);
  EXPECT_EQ(begun.row.seq, succeeded.seq);
  EXPECT_EQ(begun.row.invite_link, kLink);
  Intent later = Made("m3");
  later.dedupe_window = absl::Microseconds(1);
  EXPECT_EQ(act_.Begin(later).kind, Kind::kStart);
  Intent unending = About(Made("m5"), "p@company.io");
  act_.Bring(About(Given("p"), "p@company.io"), State::kSucceeded);
  unending.dedupe_window = absl::InfiniteDuration();
  EXPECT_EQ(act_.Begin(unending).kind, Kind::kExisting);
}

TEST_P(BeginTest, WithoutAnIdOthersDoNotCount) {
  act_.Bring(Given("failed"), State::kFailed, false);
  act_.Bring(Given("refused"), State::kFailed, true);
  act_.Bring(Given("cancelled"), State::kCancelled);
  act_.Bring(Given("abandoned"), State::kAbandoned);
  act_.Bring(About(Given("other address"), "somebody.else@company.io"), State::kSucceeded);
  Intent other = Given("other examination");
  other.examination_id = 1;
  act_.Bring(other, State::kSucceeded);
  other = Given("other caller");
  other.key.caller = "spiffe://example.org/other";
  EXPECT_EQ(act_.Begin(other).kind, Kind::kStart);
  const Begun begun = act_.Begin(Made("m1"));
  EXPECT_EQ(begun.kind, Kind::kStart);
  EXPECT_EQ(begun.row.key.request_id, "m1");
}

TEST_P(BeginTest, WithoutAnIdTheNewestThatCountsIsTheAnswer) {
  act_.Bring(Given("a"), State::kSucceeded);
  const Row newest = act_.Bring(Given("b"), State::kInDoubt);
  act_.Bring(Given("c"), State::kFailed);
  EXPECT_EQ(act_.Begin(Made("m1")).row.seq, newest.seq);
}

TEST_P(BeginTest, WithoutAnIdAnErasedCandidateIsStillKnown) {
  const Row before = act_.Bring(Given("a"), State::kSucceeded);
  act_.Do([](Rows& rows) { Erase(rows, kEmail, "a person"); });
  const Begun begun = act_.Begin(Made("m1"));
  EXPECT_EQ(begun.kind, Kind::kExisting);
  EXPECT_EQ(begun.row.seq, before.seq);
  EXPECT_TRUE(begun.row.erased());
  EXPECT_EQ(begun.row.invite_link, "");
}

TEST_P(BeginTest, WithoutAnIdAndWithoutTimeNothingIsRecorded) {
  Intent late = Made("m1");
  late.may_start = false;
  EXPECT_EQ(act_.Begin(late).kind, Kind::kTooLate);
  EXPECT_EQ(act_.Find("m1").seq, 0);
}

TEST_P(BeginTest, TextIsKeptAsItIs) {
  const std::string odd = "'; -- \\ \" \n \xc3\xa9 \xf0\x9f\x8e\x93 %s $1";
  Intent intent = About(Given(odd), odd + "@company.io");
  intent.actor = odd;
  intent.note = odd;
  act_.Begin(intent);
  const Row row = act_.Find(odd);
  EXPECT_EQ(row.key.request_id, odd);
  EXPECT_EQ(row.candidate_email, intent.candidate_email);
  act_.Settle(odd, 1, Not(Outcome::Verdict::kFailed, odd));
  EXPECT_EQ(act_.Find(odd).error, odd);
  EXPECT_EQ(act_.Events(odd)[0].note, odd);
  Intent plain = About(Given(odd + "2"), odd + "@company.io");
  act_.Begin(plain);
  EXPECT_EQ(act_.Find(odd + "2").candidate_email, plain.candidate_email);
}

}  // namespace
}  // namespace gw::ledger::testing
