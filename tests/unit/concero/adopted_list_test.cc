#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/concero/examination_cache.h"
#include "tests/support/fakes.h"

namespace gw::concero {
namespace {

using Origin = ExaminationCache::Origin;
using Result = absl::StatusOr<ExaminationCache::Answer>;

std::vector<::concero::v1::Examination> Named(const std::string& name) {
  std::vector<::concero::v1::Examination> list(1);
  list[0].set_id(119);
  list[0].set_name(name);
  return list;
}

// Fresh for 60 s, then served while it is fetched for 60 s more, and for an hour when that fails.
class AdoptedList : public ::testing::Test {
 protected:
  Result Get(std::optional<absl::Duration> max_staleness = std::nullopt) {
    std::optional<Result> told;
    cache_.Get(max_staleness, {}, [&](Result result) { told = std::move(result); });
    if (!told) Fail();
    return *told;
  }
  std::string NameOf(const Result& result) {
    return result.ok() ? result->list->examinations.at(0).name() : result.status().ToString();
  }
  void Fetch(const std::string& name) {
    auto done = std::move(fetches_.back());
    fetches_.pop_back();
    std::move(done)(Named(name));
  }
  void Fail() {
    auto done = std::move(fetches_.back());
    fetches_.pop_back();
    std::move(done)(absl::UnavailableError("down"));
  }
  absl::Time Ago(absl::Duration age) { return clock_.WallNow() - age; }

  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  std::vector<Once<ExaminationCache::Fetched>> fetches_;
  std::vector<std::string> heard_;
  ExaminationCache cache_{[this](auto done) { fetches_.push_back(std::move(done)); },
                          clock_,
                          timer_,
                          {absl::Seconds(60), absl::Seconds(60), absl::Hours(1)},
                          [this](const ExaminationListPtr& list) {
                            heard_.push_back(list->examinations.at(0).name());
                          }};
};

TEST_F(AdoptedList, OfAnEarlierProcessIsServedAsStaleHoweverYoungAndFetchedAnew) {
  cache_.Adopt(Named("before"), Ago(absl::Seconds(1)), Origin::kEarlierProcess);
  const Result first = Get();
  EXPECT_EQ(NameOf(first), "before");
  EXPECT_TRUE(first->stale);
  EXPECT_TRUE(cache_.IsStale(*first->list));
  EXPECT_EQ(first->list->fetch_time, Ago(absl::Seconds(1)));
  ASSERT_EQ(fetches_.size(), 1u);
  Fetch("now");
  const Result second = Get();
  EXPECT_EQ(NameOf(second), "now");
  EXPECT_FALSE(second->stale);
}

TEST_F(AdoptedList, IsServedWhileTheUpstreamIsDownUntilItIsTooOld) {
  cache_.Adopt(Named("before"), Ago(absl::Minutes(30)), Origin::kEarlierProcess);
  EXPECT_EQ(NameOf(Get()), "before");  // the fetch failed
  timer_.Advance(absl::Minutes(32));
  EXPECT_FALSE(Get().ok());
}

TEST_F(AdoptedList, IsAsOldAsTheWallClockSays) {
  cache_.Adopt(Named("before"), Ago(absl::Minutes(30)), Origin::kEarlierProcess);
  EXPECT_EQ(cache_.Age(), absl::Minutes(30));
  EXPECT_FALSE(Get(absl::Minutes(29)).ok());
}

TEST_F(AdoptedList, OfTheFutureCountsAsFetchedNow) {
  cache_.Adopt(Named("before"), Ago(-absl::Minutes(30)), Origin::kOtherReplica);
  EXPECT_EQ(cache_.Age(), absl::ZeroDuration());
}

TEST_F(AdoptedList, OfAnotherReplicaIsAsGoodAsOneFetchedHere) {
  cache_.Adopt(Named("theirs"), Ago(absl::Seconds(10)), Origin::kOtherReplica);
  const Result served = Get();
  EXPECT_EQ(NameOf(served), "theirs");
  EXPECT_FALSE(served->stale);
  EXPECT_TRUE(fetches_.empty());
  EXPECT_TRUE(heard_.empty());  // only what was fetched here is saved
}

TEST_F(AdoptedList, DoesNotReplaceANewerOne) {
  cache_.Get(absl::ZeroDuration(), {}, [](const Result&) {});
  Fetch("ours");
  cache_.Adopt(Named("theirs"), Ago(absl::Seconds(10)), Origin::kOtherReplica);
  EXPECT_EQ(NameOf(Get()), "ours");
  EXPECT_EQ(heard_, std::vector<std::string>{"ours"});
}

TEST_F(AdoptedList, ReplacesOneOfTheFuture) {
  cache_.Adopt(Named("of a clock that is ahead"), Ago(-absl::Minutes(2)), Origin::kOtherReplica);
  cache_.Adopt(Named("of the same time"), Ago(-absl::Minutes(2)), Origin::kOtherReplica);
  EXPECT_EQ(NameOf(Get()), "of a clock that is ahead");
  cache_.Adopt(Named("later"), Ago(-absl::Minutes(1)), Origin::kOtherReplica);
  EXPECT_EQ(NameOf(Get()), "later");
}

TEST_F(AdoptedList, KeepsThePageTokensOfTheOneBefore) {
  cache_.Adopt(Named("first"), Ago(absl::Seconds(10)), Origin::kOtherReplica);
  const std::string version = cache_.Peek()->version;
  cache_.Adopt(Named("second"), Ago(absl::Seconds(5)), Origin::kOtherReplica);
  ASSERT_NE(cache_.OfVersion(version), nullptr);
  EXPECT_EQ(cache_.OfVersion(version)->examinations.at(0).name(), "first");
}

}  // namespace
}  // namespace gw::concero
