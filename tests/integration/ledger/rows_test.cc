// What is listed, counted, pruned and kept beside, in both stores.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/ledger/email_key.h"
#include "tests/integration/ledger/stores.h"

namespace gw::ledger::testing {
namespace {

class RowsTest : public StoreTest {
 protected:
  std::vector<Row> RowsOf(const Filter& filter) {
    std::vector<Row> found;
    act_.Do([&](Rows& rows) { found = rows.List(filter); });
    return found;
  }
  /// Their request_ids, in order.
  std::string List(const Filter& filter) {
    return absl::StrJoin(RowsOf(filter), " ", [](std::string* out, const Row& row) {
      absl::StrAppend(out, row.key.request_id);
    });
  }
  int Prune(absl::Time before, int limit) {
    int pruned = -1;
    act_.Do([&](Rows& rows) { pruned = rows.Prune(before, limit); });
    return pruned;
  }
  absl::Time Now() {
    absl::Time now;
    act_.Do([&](Rows& rows) { now = rows.Now(); });
    return now;
  }
};
IN_BOTH_STORES(RowsTest);

TEST_P(RowsTest, AreListedFromTheNewestByWhatIsAskedFor) {
  act_.Bring(Given("a"), State::kSucceeded);
  act_.Bring(Given("b"), State::kInDoubt);
  act_.Bring(About(Given("c"), "c@company.io"), State::kInDoubt);
  Intent other = Given("d");
  other.examination_id = 1;
  act_.Bring(other, State::kFailed);
  other = Given("e");
  other.key.caller = "spiffe://example.org/other";
  act_.Begin(other);

  EXPECT_EQ(List({}), "e d c b a");
  Filter filter;
  filter.caller = kCaller;
  EXPECT_EQ(List(filter), "d c b a");
  filter.examination_id = kExamination;
  EXPECT_EQ(List(filter), "c b a");
  filter.state = State::kInDoubt;
  EXPECT_EQ(List(filter), "c b");
  filter.email_key = EmailKeyOf(kEmail);
  EXPECT_EQ(List(filter), "b");
  filter.caller = "nobody";
  EXPECT_EQ(List(filter), "");
}

TEST_P(RowsTest, AreListedPageByPage) {
  for (int i = 0; i < 5; ++i) act_.Begin(Given(absl::StrCat(i)));
  Filter filter;
  filter.limit = 2;
  std::string pages;
  while (true) {
    const std::vector<Row> page = RowsOf(filter);
    if (page.empty()) break;
    for (const Row& row : page) absl::StrAppend(&pages, row.key.request_id);
    absl::StrAppend(&pages, "|");
    filter.before_seq = page.back().seq;
    act_.Begin(Given(absl::StrCat("new", filter.before_seq)));  // is on no page to come
  }
  EXPECT_EQ(pages, "43|21|0|");
}

TEST_P(RowsTest, OfAnErasedCandidateAreFoundByTheAddress) {
  act_.Bring(Given("a"), State::kSucceeded);
  act_.Do([](Rows& rows) { Erase(rows, kEmail, "a person"); });
  Filter filter;
  filter.email_key = EmailKeyOf(kEmail);
  EXPECT_EQ(List(filter), "a");
  filter.email_key = "somebody.else@company.io";
  EXPECT_EQ(List(filter), "");
}

TEST_P(RowsTest, WithoutEventsHaveNone) {
  act_.Do([](Rows& rows) { EXPECT_TRUE(rows.Events(123456).empty()); });
}

TEST_P(RowsTest, AreCountedByState) {
  act_.Do([](Rows& rows) { EXPECT_EQ(rows.Count()[State::kPending], 0); });
  act_.Bring(Given("a"), State::kPending);
  act_.Bring(Given("b"), State::kPending);
  act_.Bring(Given("c"), State::kSucceeded);
  act_.Bring(Given("d"), State::kFailed);
  std::map<State, int64_t> counts;
  act_.Do([&](Rows& rows) { counts = rows.Count(); });
  EXPECT_EQ(counts[State::kPending], 2);
  EXPECT_EQ(counts[State::kSucceeded], 1);
  EXPECT_EQ(counts[State::kFailed], 1);
  EXPECT_EQ(counts[State::kInDoubt], 0);
}

TEST_P(RowsTest, ArePrunedWithTheirEventsButNeverOpenOnes) {
  for (const State state : AllStates()) act_.Bring(Given(std::string(StateName(state))), state);
  const int64_t gone = act_.Find("SUCCEEDED").seq;
  EXPECT_EQ(Prune(Now() - absl::Hours(1), 100), 0);
  EXPECT_EQ(Prune(Now() + absl::Hours(1), 100), 4);
  EXPECT_EQ(List({}), "IN_DOUBT PENDING");
  EXPECT_EQ(act_.Trail("IN_DOUBT"), "PENDING IN_DOUBT");
  act_.Do([&](Rows& rows) { EXPECT_TRUE(rows.Events(gone).empty()); });
}

TEST_P(RowsTest, ArePrunedInBatchesWithTheOldestFirst) {
  for (const char* id : {"a", "b", "c", "d", "e"}) act_.Bring(Given(id), State::kFailed);
  act_.Settle("a", 1, Success());  // a contradiction: it is not the younger for it
  const absl::Time before = Now() + absl::Hours(1);
  EXPECT_EQ(Prune(before, 2), 2);
  EXPECT_EQ(List({}), "e d c");
  EXPECT_EQ(Prune(before, 2), 2);
  EXPECT_EQ(Prune(before, 2), 1);
  EXPECT_EQ(Prune(before, 2), 0);
}

TEST_P(RowsTest, ArePrunedByTheirLastChange) {
  act_.Bring(Given("a"), State::kInDoubt);
  act_.Bring(Given("b"), State::kFailed);
  const absl::Time then = act_.Find("b").update_time + absl::Microseconds(1);
  act_.Settle("a", 1, Success());
  EXPECT_EQ(Prune(then, 100), 1);
  EXPECT_EQ(List({}), "a");
}

TEST_P(RowsTest, AKeyThatWasPrunedIsNewAgain) {
  act_.Bring(Given("a"), State::kSucceeded);
  const int64_t seq = act_.Find("a").seq;
  Prune(Now() + absl::Hours(1), 100);
  const Begun begun = act_.Begin(Given("a"));
  EXPECT_EQ(begun.kind, Begun::Kind::kStart);
  EXPECT_GT(begun.row.seq, seq);
}

TEST_P(RowsTest, TheLastListOfAnUpstreamIsKept) {
  const std::string url = "https://concero.test/v1";
  const std::string bytes("\0\x01\xff'\\", 5);
  const absl::Time time = absl::FromUnixMicros(1'721'034'000'123'456);
  std::optional<SavedList> list;
  const auto load = [&] {
    act_.Do([&](Rows& rows) { list = rows.LoadList(url); });
    return list.has_value();
  };
  EXPECT_FALSE(load());
  act_.Do([&](Rows& rows) { rows.SaveList(url, {time - absl::Hours(1), "old"}); });
  act_.Do([&](Rows& rows) { rows.SaveList(url, {time, bytes}); });
  act_.Do([&](Rows& rows) { rows.SaveList("https://other.test", {time, "other"}); });
  ASSERT_TRUE(load());
  EXPECT_EQ(list->fetch_time, time);
  EXPECT_EQ(list->bytes, bytes);
  Reopen();
  ASSERT_TRUE(load());
  EXPECT_EQ(list->bytes, bytes);
}

TEST_P(RowsTest, AListThatWasFetchedEarlierReplacesNone) {
  const std::string url = "https://concero.test/v1";
  const auto save = [&](absl::Time time, const std::string& bytes) {
    act_.Do([&](Rows& rows) { rows.SaveList(url, {time, bytes}); });
    std::optional<SavedList> list;
    act_.Do([&](Rows& rows) { list = rows.LoadList(url); });
    return list->bytes;
  };
  const absl::Time now = absl::Now();
  EXPECT_EQ(save(now - absl::Minutes(2), "first"), "first");
  EXPECT_EQ(save(now - absl::Minutes(3), "late"), "first");
  EXPECT_EQ(save(now - absl::Minutes(1), "next"), "next");
  EXPECT_EQ(save(now + absl::Hours(24 * 365), "of a clock that is wrong"),
            "of a clock that is wrong");
  EXPECT_EQ(save(now - absl::Seconds(1), "of a clock that is right"), "of a clock that is right");
}

TEST_P(RowsTest, ATouchChangesNothing) {
  act_.Bring(Given("a"), State::kSucceeded);
  act_.Do([](Rows& rows) { rows.Touch(); });
  EXPECT_EQ(List({}), "a");
}

}  // namespace
}  // namespace gw::ledger::testing
