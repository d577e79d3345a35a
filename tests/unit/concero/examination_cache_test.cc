#include "service/concero/examination_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/base/failure.h"
#include "tests/support/fakes.h"

namespace gw::concero {
namespace {

using Result = absl::StatusOr<ExaminationCache::Answer>;

std::vector<::concero::v1::Examination> Names(const std::vector<std::string>& names) {
  std::vector<::concero::v1::Examination> list;
  for (const std::string& name : names) {
    list.emplace_back();
    list.back().set_id(static_cast<int64_t>(list.size()));
    list.back().set_name(name);
  }
  return list;
}

class Cache : public ::testing::Test {
 protected:
  Cache() { Remake({absl::Seconds(60), absl::ZeroDuration(), absl::Hours(24)}); }

  // What Get told its n-th caller.
  const Result& told(size_t n) { return told_.at(n).value(); }
  bool waits(size_t n) { return !told_.at(n).has_value(); }
  std::string name(size_t n) { return told(n)->list->examinations.at(0).name(); }

  size_t Get(std::optional<absl::Duration> max_staleness = std::nullopt,
             rest::CallContext context = {}) {
    const size_t n = told_.size();
    told_.emplace_back();
    cache_->Get(max_staleness, context, [this, n](Result result) {
      EXPECT_FALSE(told_[n].has_value()) << "told twice";
      told_[n] = std::move(result);
    });
    return n;
  }
  void Answer(const std::vector<std::string>& names) {
    auto done = std::move(fetches_.back());
    std::move(done)(Names(names));
  }
  void Fail() {
    auto done = std::move(fetches_.back());
    std::move(done)(absl::UnavailableError("down"));
  }
  void Fill(const std::string& name) {
    Get(absl::ZeroDuration());
    Answer({name});
  }
  void Remake(ExaminationCache::Options options) {
    cache_ = std::make_unique<ExaminationCache>(
        [this](Once<ExaminationCache::Fetched> done) { fetches_.push_back(std::move(done)); },
        clock_, timer_, options);
  }

  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  std::vector<Once<ExaminationCache::Fetched>> fetches_;
  std::vector<std::optional<Result>> told_;
  std::unique_ptr<ExaminationCache> cache_;
};

// The same with a time in which nobody waits: from 60 s to 70 s of age.
class RevalidatingCache : public Cache {
 protected:
  RevalidatingCache() { Remake({absl::Seconds(60), absl::Seconds(10), absl::Hours(24)}); }
};

TEST_F(Cache, FetchesOnceHoweverManyAskFirst) {
  for (int i = 0; i < 200; ++i) Get();
  EXPECT_EQ(fetches_.size(), 1u);
  Answer({"a"});
  for (size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(name(i), "a");
    EXPECT_FALSE(told(i)->stale);
  }
}

TEST_F(Cache, ServesFromMemoryUntilTtl) {
  Fill("a");
  clock_.Advance(absl::Seconds(60) - absl::Nanoseconds(1));
  EXPECT_EQ(told_.size(), 1u);
  EXPECT_EQ(name(Get()), "a");
  EXPECT_FALSE(told(1)->stale);
  EXPECT_EQ(fetches_.size(), 1u);
}

TEST_F(Cache, FetchesAgainAfterTtl) {
  Fill("a");
  clock_.Advance(absl::Seconds(60));
  const size_t second = Get();
  EXPECT_TRUE(waits(second));
  EXPECT_EQ(fetches_.size(), 2u);
  Answer({"b"});
  EXPECT_EQ(name(second), "b");
  EXPECT_FALSE(told(second)->stale);
}

TEST_F(Cache, ReturnsTheFailureWhenThereIsNoList) {
  const size_t n = Get();
  Fail();
  EXPECT_EQ(told(n).status(), absl::UnavailableError("down"));
  Get();
  EXPECT_EQ(fetches_.size(), 2u) << "without a list every call may try";
}

TEST_F(Cache, ServesTheLastListMarkedStaleWhenAFetchFails) {
  Fill("a");
  clock_.Advance(absl::Minutes(61));
  const size_t n = Get();
  Fail();
  EXPECT_EQ(name(n), "a");
  EXPECT_TRUE(told(n)->stale);
}

TEST_F(Cache, DoesNotServeAListOlderThanTtlAndStaleIfError) {
  Fill("a");
  clock_.Advance(absl::Hours(24) + absl::Seconds(60) - absl::Nanoseconds(1));
  size_t n = Get();
  Fail();
  EXPECT_EQ(name(n), "a");
  clock_.Advance(absl::Seconds(2));
  n = Get();
  Fail();
  EXPECT_EQ(told(n).status(), absl::UnavailableError("down"));
}

TEST_F(Cache, PausesAfterAFailedFetchAndThenTriesAgain) {
  Fill("a");
  clock_.Advance(absl::Minutes(2));
  Get();
  Fail();
  const size_t n = Get();
  EXPECT_EQ(name(n), "a");
  EXPECT_TRUE(told(n)->stale);
  EXPECT_EQ(fetches_.size(), 2u);
  clock_.Advance(ExaminationCache::kPauseAfterFailure);
  const size_t again = Get();
  EXPECT_TRUE(waits(again));
  Answer({"b"});
  EXPECT_EQ(name(again), "b");
}

TEST_F(Cache, AsksConceroForZeroStalenessEvenWhenFresh) {
  Fill("a");
  const size_t n = Get(absl::ZeroDuration());
  EXPECT_TRUE(waits(n));
  const size_t shares = Get(absl::ZeroDuration());
  EXPECT_EQ(fetches_.size(), 2u);
  Answer({"b"});
  EXPECT_EQ(name(n), "b");
  EXPECT_EQ(name(shares), "b");
}

TEST_F(Cache, ReturnsTheFailureRatherThanAListOlderThanMaxStaleness) {
  Fill("a");
  clock_.Advance(absl::Seconds(90));
  const size_t strict = Get(absl::Seconds(80)), lenient = Get(absl::Seconds(100)), any = Get();
  const size_t now = Get(absl::ZeroDuration());
  Fail();
  EXPECT_EQ(told(strict).status(), absl::UnavailableError("down"));
  EXPECT_EQ(told(now).status(), absl::UnavailableError("down"));
  EXPECT_EQ(name(lenient), "a");
  EXPECT_TRUE(told(lenient)->stale);
  EXPECT_EQ(name(any), "a");
}

TEST_F(Cache, DoesNotLetThePauseHideAFailureFromWhoAcceptsNothingOlder) {
  Fill("a");
  clock_.Advance(absl::Minutes(2));
  Get();
  Fail();
  const size_t n = Get(absl::ZeroDuration());
  EXPECT_EQ(fetches_.size(), 3u);
  Fail();
  EXPECT_EQ(told(n).status(), absl::UnavailableError("down"));
}

TEST_F(Cache, EndsAWaitAtItsOwnDeadlineWhileTheFetchGoesOn) {
  const size_t hurried = Get(std::nullopt, {clock_.Now() + absl::Seconds(1), {}});
  const size_t patient = Get();
  timer_.Advance(absl::Seconds(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(told(hurried).status()));
  EXPECT_TRUE(waits(patient));
  Answer({"a"});
  EXPECT_EQ(name(patient), "a");
}

TEST_F(Cache, ServesTheLastListToWhoseDeadlinePassesWhileTheFetchHangs) {
  Fill("a");
  clock_.Advance(absl::Minutes(2));
  const size_t n = Get(std::nullopt, {clock_.Now() + absl::Seconds(1), {}});
  const size_t strict = Get(absl::Seconds(30), {clock_.Now() + absl::Seconds(1), {}});
  timer_.Advance(absl::Seconds(1));
  EXPECT_EQ(name(n), "a");
  EXPECT_TRUE(told(n)->stale);
  EXPECT_TRUE(absl::IsDeadlineExceeded(told(strict).status()));
}

TEST_F(Cache, DoesNotCallAListStaleThatWasJustFetchedEvenWithoutTtl) {
  Remake({absl::ZeroDuration(), absl::ZeroDuration(), absl::Hours(24)});
  const size_t n = Get();
  Answer({"a"});
  EXPECT_FALSE(told(n)->stale);
  const size_t again = Get();
  EXPECT_TRUE(waits(again));
  Fail();
  EXPECT_TRUE(told(again)->stale);
}

TEST_F(Cache, EndsAWaitThatIsCancelledWhileTheFetchGoesOn) {
  std::stop_source cancel;
  const size_t cancelled = Get(std::nullopt, {Instant::Never(), cancel.get_token()});
  const size_t other = Get();
  cancel.request_stop();
  EXPECT_EQ(GetFailure(told(cancelled).status()).reason, Reason::kCancelled);
  Answer({"a"});
  EXPECT_EQ(name(other), "a");
}

TEST_F(Cache, KeepsOneVersionBackForRunningPages) {
  Fill("a");
  const std::string a = cache_->Peek()->version;
  clock_.Advance(absl::Minutes(2));
  Fill("a");  // the same content again
  EXPECT_EQ(cache_->Peek()->version, a);
  clock_.Advance(absl::Minutes(2));
  Fill("b");
  const std::string b = cache_->Peek()->version;
  EXPECT_EQ(cache_->OfVersion(a)->examinations.at(0).name(), "a");
  EXPECT_EQ(cache_->OfVersion(b)->examinations.at(0).name(), "b");
  clock_.Advance(absl::Minutes(2));
  Fill("c");
  EXPECT_EQ(cache_->OfVersion(a), nullptr);
  EXPECT_NE(cache_->OfVersion(b), nullptr);
}

TEST_F(Cache, KeepsTheOrderAsLongAsTheContentIsTheSame) {
  Fill("a");
  Get(absl::ZeroDuration());
  Answer({"a", "b"});
  const ExaminationListPtr before = cache_->Peek();
  Get(absl::ZeroDuration());
  auto done = std::move(fetches_.back());
  auto reordered = Names({"a", "b"});
  std::swap(reordered[0], reordered[1]);
  std::move(done)(reordered);
  EXPECT_EQ(cache_->Peek()->version, before->version);
  EXPECT_EQ(cache_->Peek()->examinations.at(0).name(), "a");
}

TEST_F(Cache, KnowsItsAge) {
  EXPECT_LT(cache_->Age(), absl::ZeroDuration());
  EXPECT_EQ(cache_->Peek(), nullptr);
  Fill("a");
  clock_.Advance(absl::Seconds(7));
  EXPECT_EQ(cache_->Age(), absl::Seconds(7));
  EXPECT_EQ(cache_->Peek()->fetch_time, absl::FromUnixSeconds(1'721'034'000));
}

TEST_F(Cache, TellsItsWaitersWhenItIsDestroyedAndIgnoresTheLateFetch) {
  const size_t n = Get();
  cache_.reset();
  EXPECT_TRUE(absl::IsCancelled(told(n).status()));
  Answer({"a"});
}

TEST_F(RevalidatingCache, ServesAtOnceMarkedStaleWhileOneRefreshRuns) {
  Fill("a");
  clock_.Advance(absl::Seconds(60));
  for (int i = 0; i < 3; ++i) {
    const size_t n = Get();
    EXPECT_EQ(name(n), "a");
    EXPECT_TRUE(told(n)->stale);
  }
  EXPECT_EQ(fetches_.size(), 2u);
  Answer({"b"});
  const size_t after = Get();
  EXPECT_EQ(name(after), "b");
  EXPECT_FALSE(told(after)->stale);
  EXPECT_EQ(fetches_.size(), 2u);
}

TEST_F(RevalidatingCache, DoesNotRefreshAFreshList) {
  Fill("a");
  clock_.Advance(absl::Seconds(60) - absl::Nanoseconds(1));
  Get();
  EXPECT_EQ(fetches_.size(), 1u);
}

TEST_F(RevalidatingCache, MakesItsCallersWaitOnceTheListIsOlder) {
  Fill("a");
  clock_.Advance(absl::Seconds(70) - absl::Nanoseconds(1));
  EXPECT_FALSE(waits(Get()));
  clock_.Advance(absl::Nanoseconds(1));
  const size_t n = Get();
  EXPECT_TRUE(waits(n)) << "and shares the refresh that runs";
  EXPECT_EQ(fetches_.size(), 2u);
  Answer({"b"});
  EXPECT_EQ(name(n), "b");
}

TEST_F(RevalidatingCache, ServesWhoAcceptsTheAgeAtOnceAndMakesOthersWait) {
  Fill("a");
  clock_.Advance(absl::Seconds(65));
  const size_t lenient = Get(absl::Seconds(66)), strict = Get(absl::Seconds(65));
  EXPECT_EQ(name(lenient), "a");
  EXPECT_TRUE(waits(strict));
  EXPECT_EQ(fetches_.size(), 2u);
  Fail();
  EXPECT_EQ(told(strict).status(), absl::UnavailableError("down"));
}

TEST_F(RevalidatingCache, PausesAfterARefreshThatFailed) {
  Fill("a");
  clock_.Advance(absl::Seconds(60));
  Get();
  Fail();
  EXPECT_EQ(name(Get()), "a");
  EXPECT_EQ(fetches_.size(), 2u);
  clock_.Advance(ExaminationCache::kPauseAfterFailure);
  EXPECT_EQ(name(Get()), "a");
  EXPECT_EQ(fetches_.size(), 3u);
}

TEST_F(RevalidatingCache, AnswersBeforeItAsks) {
  Fill("a");
  clock_.Advance(absl::Seconds(60));
  bool answered_first = false;
  cache_->Get(std::nullopt, {}, [&](Result) { answered_first = fetches_.size() == 1; });
  EXPECT_TRUE(answered_first);
  EXPECT_EQ(fetches_.size(), 2u);
}

}  // namespace
}  // namespace gw::concero
