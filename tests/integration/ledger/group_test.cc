// Works that are run together, and what survives the end of a process, in both stores.
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/ledger/stores.h"

namespace gw::ledger::testing {
namespace {

using Kind = Begun::Kind;
class GroupTest : public StoreTest {
 protected:
  static const Begun& BegunOf(const Work& work) { return std::get<BeginWork>(work).begun; }
  static const SettleWork& SettledOf(const Work& work) { return std::get<SettleWork>(work); }
  static Work Settling(const std::string& request_id, const Outcome& outcome) {
    SettleWork settle;
    settle.key = {kCaller, request_id};
    settle.outcome = outcome;
    return settle;
  }
  static Work Beginning(const Intent& intent) { return BeginWork{intent, {}}; }
};
IN_BOTH_STORES(GroupTest);

TEST_P(GroupTest, OfAllKindsIsDone) {
  act_.Bring(Given("pending"), State::kPending);
  act_.Bring(Given("refused"), State::kFailed, /*resendable=*/true);
  act_.Bring(Given("doubt"), State::kInDoubt);
  act_.Bring(About(Given("done"), "done@company.io"), State::kSucceeded);
  int counted = 0;
  std::vector<Work> works = {
      Beginning(Given("z")),
      Settling("pending", Success(1)),
      Beginning(Given("refused")),
      OtherWork{[&](Rows& rows) { counted = static_cast<int>(rows.List({}).size()); }},
      Beginning(Resend("doubt")),
      Beginning(About(Made("made"), "new@company.io")),
      Beginning(About(Made("joined"), "done@company.io")),
      Settling("none", Success(2)),
      Beginning(About(Given("done"), "done@company.io")),
  };
  ASSERT_FALSE(Run(works));
  EXPECT_EQ(BegunOf(works[0]).kind, Kind::kStart);
  EXPECT_EQ(SettledOf(works[1]).settled, Settled::kDone);
  EXPECT_EQ(BegunOf(works[2]).kind, Kind::kStart);
  EXPECT_EQ(BegunOf(works[2]).row.attempt, 2);
  EXPECT_GE(counted, 4);
  EXPECT_EQ(BegunOf(works[4]).kind, Kind::kStart);
  EXPECT_EQ(BegunOf(works[5]).kind, Kind::kStart);
  EXPECT_EQ(BegunOf(works[6]).kind, Kind::kExisting);
  EXPECT_EQ(BegunOf(works[6]).row.key.request_id, "done");
  EXPECT_EQ(SettledOf(works[7]).row.seq, 0);
  EXPECT_EQ(BegunOf(works[8]).kind, Kind::kExisting);
  EXPECT_EQ(act_.Trail("z"), "PENDING");
  EXPECT_EQ(act_.Trail("pending"), "PENDING SUCCEEDED");
  EXPECT_EQ(act_.Trail("refused"), "PENDING FAILED PENDING");
  EXPECT_EQ(act_.Trail("doubt"), "PENDING IN_DOUBT PENDING");
  EXPECT_EQ(act_.Find("joined").seq, 0);
}

TEST_P(GroupTest, WithTheSameKeyTwiceStartsItOnce) {
  std::vector<Work> works = {Beginning(Given("a")), Beginning(Given("a")), Beginning(Given("a"))};
  ASSERT_FALSE(Run(works));
  EXPECT_EQ(BegunOf(works[0]).kind, Kind::kStart);
  for (int i : {1, 2}) {
    EXPECT_EQ(BegunOf(works[i]).kind, Kind::kExisting);
    EXPECT_EQ(BegunOf(works[i]).row.seq, BegunOf(works[0]).row.seq);
    EXPECT_EQ(BegunOf(works[i]).row.state, State::kPending);
  }
  EXPECT_EQ(act_.Trail("a"), "PENDING");
}

TEST_P(GroupTest, WithBeginAndOutcomeOfOneKeyKeepsTheirOrder) {
  std::vector<Work> works = {Beginning(Given("a")),
                             Settling("a", Not(Outcome::Verdict::kNotExecuted, "no")),
                             Beginning(Given("a")), Settling("a", Success())};
  ASSERT_FALSE(Run(works));
  EXPECT_EQ(BegunOf(works[0]).kind, Kind::kStart);
  EXPECT_EQ(SettledOf(works[1]).settled, Settled::kDone);
  EXPECT_EQ(BegunOf(works[2]).kind, Kind::kStart);
  EXPECT_EQ(BegunOf(works[2]).row.attempt, 2);
  EXPECT_EQ(SettledOf(works[3]).settled, Settled::kContradiction);
}

TEST_P(GroupTest, WithBeginAndOutcomeOfManyKeysKeepsTheirOrder) {
  std::vector<Work> works;
  for (int i = 0; i < 50; ++i) {
    works.push_back(Beginning(Given(absl::StrCat(i % 7, "-", i))));
    works.push_back(Settling(absl::StrCat(i % 7, "-", i), Success()));
  }
  ASSERT_FALSE(Run(works));
  for (size_t i = 0; i < works.size(); i += 2) {
    EXPECT_EQ(BegunOf(works[i]).kind, Kind::kStart);
    EXPECT_EQ(SettledOf(works[i + 1]).settled, Settled::kDone);
  }
}

TEST_P(GroupTest, WithoutIdsForOneCandidateStartsOnce) {
  std::vector<Work> works;
  for (int i = 0; i < 10; ++i) works.push_back(Beginning(Made(absl::StrCat("m", i))));
  ASSERT_FALSE(Run(works));
  int started = 0;
  for (const Work& work : works) {
    started += BegunOf(work).kind == Kind::kStart ? 1 : 0;
    EXPECT_EQ(BegunOf(work).row.seq, BegunOf(works[0]).row.seq);
  }
  EXPECT_EQ(started, 1);
}

TEST_P(GroupTest, WithoutAnIdWhatTheGroupBeginsCountsToo) {
  std::vector<Work> works = {Beginning(Given("a")), Beginning(Made("m")),
                             Beginning(About(Made("n"), "new@company.io"))};
  ASSERT_FALSE(Run(works));
  EXPECT_EQ(BegunOf(works[0]).kind, Kind::kStart);
  EXPECT_EQ(BegunOf(works[1]).kind, Kind::kExisting);
  EXPECT_EQ(BegunOf(works[1]).row.key.request_id, "a");
  EXPECT_EQ(BegunOf(works[2]).kind, Kind::kStart);
}

TEST_P(GroupTest, WithAllKindsOfOutcomesIsDone) {
  for (const char* id : {"a", "b", "c", "d", "e"}) act_.Bring(Given(id), State::kPending);
  act_.Bring(Given("doubt"), State::kInDoubt);
  act_.Bring(Given("old"), State::kFailed, /*resendable=*/true);
  act_.Begin(Given("old"));
  act_.Do([](Rows& rows) {
    Row erased = *rows.Find({kCaller, "e"});
    erased.candidate_email.clear();
    rows.Update(erased);
  });
  using Verdict = Outcome::Verdict;
  std::vector<Work> works = {
      Settling("a", Success(7)),
      Settling("b", Not(Verdict::kNotExecuted, "refused")),
      Settling("c", Not(Verdict::kFailed, "envelope")),
      Settling("d", Not(Verdict::kInDoubt, "cut")),
      Settling("e", Success(8)),
      Settling("doubt", Not(Verdict::kInDoubt, "again")),
      Settling("old", Success(9)),  // of the first attempt, and the second is under way
  };
  for (Work& work : works) std::get<SettleWork>(work).note = "answered";
  ASSERT_FALSE(Run(works));
  const auto expect = [&](size_t i, Settled settled, State state, const std::string& error) {
    EXPECT_EQ(SettledOf(works[i]).settled, settled) << i;
    const Row& told = SettledOf(works[i]).row;
    const Row kept = act_.Find(told.key.request_id);
    for (const Row* row : {&told, &kept}) {
      EXPECT_EQ(row->key, SettledOf(works[i]).key);
      EXPECT_EQ(row->state, state) << i;
      EXPECT_EQ(row->error, error) << i;
      EXPECT_EQ(row->resendable, i == 1) << i;
    }
    EXPECT_EQ(told.update_time, kept.update_time);
  };
  expect(0, Settled::kDone, State::kSucceeded, "");
  expect(1, Settled::kDone, State::kFailed, "refused");
  expect(2, Settled::kDone, State::kFailed, "envelope");
  expect(3, Settled::kDone, State::kInDoubt, "cut");
  expect(4, Settled::kDone, State::kSucceeded, "");
  EXPECT_NE(SettledOf(works[5]).settled, Settled::kDone);
  EXPECT_EQ(SettledOf(works[6]).settled, Settled::kContradiction);
  EXPECT_EQ(act_.Find("a").invite_id, 7);
  EXPECT_EQ(act_.Find("a").invite_link, Success(7).invite_link);
  EXPECT_NE(act_.Find("a").invite_link, "");
  EXPECT_EQ(act_.Find("e").invite_id, 8);
  EXPECT_EQ(act_.Find("e").invite_link, "");
  EXPECT_EQ(act_.Find("old").state, State::kPending);
  EXPECT_EQ(act_.Events("a").back().note, "answered");
  EXPECT_EQ(act_.Events("a").back().actor, kGateway);
  EXPECT_EQ(act_.Trail("d"), "PENDING IN_DOUBT");
}

TEST_P(GroupTest, OfThousandsIsDone) {
  std::vector<Work> works;
  for (int i = 0; i < 3000; ++i) works.push_back(Beginning(Given(absl::StrCat(i))));
  // Longer than what fits into the buffers between us and the store, in both directions.
  for (Work& work : works) std::get<BeginWork>(work).intent.candidate_email.append(500, 'n');
  ASSERT_FALSE(Run(works));
  for (const Work& work : works) ASSERT_EQ(BegunOf(work).kind, Kind::kStart);
  std::vector<Work> settles;
  for (int i = 0; i < 3000; ++i) settles.push_back(Settling(absl::StrCat(i), Success(i + 1)));
  for (Work& work : settles) std::get<SettleWork>(work).outcome.invite_link.assign(500, 'l');
  ASSERT_FALSE(Run(settles));
  act_.Do([](Rows& rows) { EXPECT_EQ(rows.Count()[State::kSucceeded], 3000); });
}

TEST_P(GroupTest, OfNothingIsDone) {
  std::vector<Work> works;
  EXPECT_FALSE(Run(works));
}

TEST_P(GroupTest, WhatIsRecordedSurvives) {
  act_.Bring(Given("succeeded"), State::kSucceeded);
  act_.Bring(Given("in doubt"), State::kInDoubt);
  act_.Do([](Rows& rows) { Erase(rows, kEmail, "a person"); });
  act_.Bring(Given("failed"), State::kFailed);
  Reopen();
  EXPECT_EQ(act_.Trail("succeeded"), "PENDING SUCCEEDED SUCCEEDED");
  EXPECT_EQ(act_.Trail("failed"), "PENDING FAILED");
  // The key by which addresses are hashed, too.
  EXPECT_EQ(act_.Begin(Given("succeeded")).kind, Kind::kExisting);
  EXPECT_EQ(act_.Begin(Made("m")).row.key.request_id, "in doubt");
}

TEST_P(GroupTest, WhatWasPendingIsInDoubtOnceItsOwnerIsGone) {
  act_.Bring(Given("a"), State::kPending);
  const std::string owner = store_->OwnerId();
  EXPECT_TRUE(store_->OwnsFor(owner, absl::Seconds(1)));
  Reopen();
  EXPECT_NE(store_->OwnerId(), owner);
  EXPECT_FALSE(store_->OwnsFor(owner, absl::ZeroDuration()));
  const Begun begun = act_.Begin(Given("a"));
  EXPECT_EQ(begun.kind, Kind::kExisting);
  EXPECT_EQ(begun.row.state, State::kInDoubt);
  EXPECT_EQ(act_.Trail("a"), "PENDING IN_DOUBT");
  EXPECT_EQ(act_.Events("a").back().actor, "gateway");
  EXPECT_EQ(act_.Events("a").back().note, kOwnerIsGone);
  EXPECT_EQ(act_.Settle("a", 1, Success()).settled, Settled::kDone);
}

TEST_P(GroupTest, WhatIsPendingIsLeftToItsOwner) {
  act_.Bring(Given("a"), State::kPending);
  int orphans = -1;
  act_.Do([&](Rows& rows) { orphans = PutOrphansInDoubt(rows, 10); });
  EXPECT_EQ(orphans, 0);
  EXPECT_EQ(act_.Begin(Given("a")).row.state, State::kPending);
}

}  // namespace
}  // namespace gw::ledger::testing
