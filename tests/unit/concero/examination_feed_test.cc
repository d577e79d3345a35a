#include "service/concero/examination_feed.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/fakes.h"

namespace gw::concero {
namespace {

std::vector<::concero::v1::Examination> JustOne(const std::string& name) {
  std::vector<::concero::v1::Examination> list(1);
  list[0].set_id(1);
  list[0].set_name(name);
  return list;
}

class Feed : public ::testing::Test {
 protected:
  // As Concero answers from now on; empty: it is down.
  void Says(const std::string& name) { says_ = name; }

  std::unique_ptr<ExaminationFeed::Watching> Watch(int* told = nullptr) {
    return feed_.Watch([told] {
      if (told != nullptr) ++*told;
    });
  }
  void Advance(absl::Duration by) { timer_.Advance(by); }
  std::string Name() {
    const ExaminationListPtr list = feed_.Current();
    return list == nullptr ? "(none)" : list->examinations[0].name();
  }

  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  testing::FakeRandom random_;  // its numbers are small: no time is taken off or added
  std::string says_ = "a";
  int fetches_ = 0;
  ExaminationCache cache_{[this](Once<ExaminationCache::Fetched> done) {
                            ++fetches_;
                            if (says_.empty()) {
                              std::move(done)(absl::UnavailableError("down"));
                            } else {
                              std::move(done)(JustOne(says_));
                            }
                          },
                          clock_,
                          timer_,
                          {absl::Seconds(60), absl::Minutes(10), absl::Hours(24)},
                          nullptr,
                          [this] { feed_.OnKept(); }};
  ExaminationFeed feed_{
      cache_, clock_, timer_, random_, {absl::Seconds(60), absl::Seconds(60) + absl::Hours(24)}};
};

TEST_F(Feed, IsFetchedOnceEachTtlHoweverManyWatch) {
  std::vector<std::unique_ptr<ExaminationFeed::Watching>> watching;
  for (int i = 0; i < 500; ++i) watching.push_back(Watch());
  EXPECT_EQ(feed_.watchers(), 500u);
  EXPECT_EQ(timer_.pending(), 1u);
  Advance(absl::ZeroDuration());
  EXPECT_EQ(fetches_, 1);
  for (int minute = 1; minute <= 10; ++minute) {
    Advance(absl::Seconds(59));
    EXPECT_EQ(fetches_, minute) << "before the end of the ttl";
    Advance(absl::Seconds(1));
    EXPECT_EQ(fetches_, minute + 1);
  }
}

TEST_F(Feed, IsNotFetchedWhenNobodyWatches) {
  auto watching = Watch();
  Advance(absl::ZeroDuration());
  watching = nullptr;
  EXPECT_EQ(feed_.watchers(), 0u);
  Advance(absl::Hours(1));
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(timer_.pending(), 0u);
  watching = Watch();
  Advance(absl::ZeroDuration());
  EXPECT_EQ(fetches_, 2);
}

TEST_F(Feed, TellsEverybodyOfAnotherList) {
  int one = 0, other = 0;
  const auto first = Watch(&one), second = Watch(&other);
  Advance(absl::ZeroDuration());
  EXPECT_EQ(one, 1);
  EXPECT_EQ(Name(), "a");
  Says("b");
  Advance(absl::Seconds(60));
  EXPECT_EQ(one, 2);
  EXPECT_EQ(other, 2);
  EXPECT_EQ(Name(), "b");
}

TEST_F(Feed, TellsOfWhatOthersHadFetchedAndWaitsAgainFromThen) {
  int told = 0;
  const auto watching = Watch(&told);
  Advance(absl::ZeroDuration());
  Advance(absl::Seconds(30));
  cache_.Adopt(JustOne("b"), clock_.WallNow(), ExaminationCache::Origin::kOtherReplica);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(Name(), "b");
  Advance(absl::Seconds(59));  // 29 s after its own turn
  EXPECT_EQ(fetches_, 1);
  Says("c");
  Advance(absl::Seconds(1));
  EXPECT_EQ(fetches_, 2);
  EXPECT_EQ(Name(), "c");
}

TEST_F(Feed, FetchesAtOnceWhatIsStale) {
  cache_.Adopt(JustOne("old"), clock_.WallNow() - absl::Hours(1),
               ExaminationCache::Origin::kOtherReplica);
  const auto watching = Watch();
  EXPECT_EQ(Name(), "old");
  Advance(absl::ZeroDuration());
  EXPECT_EQ(Name(), "a");
}

TEST_F(Feed, FetchesAtOnceWhatAnEarlierProcessLeft) {
  cache_.Adopt(JustOne("old"), clock_.WallNow(), ExaminationCache::Origin::kEarlierProcess);
  const auto watching = Watch();
  EXPECT_EQ(Name(), "old");
  Advance(absl::ZeroDuration());
  EXPECT_EQ(Name(), "a");
}

TEST_F(Feed, AListThatIsTooOldIsNone) {
  cache_.Adopt(JustOne("old"), clock_.WallNow() - absl::Hours(24) - absl::Seconds(60),
               ExaminationCache::Origin::kOtherReplica);
  EXPECT_EQ(Name(), "(none)");
}

TEST_F(Feed, SurvivesAnOutageAndAsksMoreAndMoreRarely) {
  Says("");
  int told = 0;
  const auto watching = Watch(&told);
  Advance(absl::ZeroDuration());
  EXPECT_EQ(fetches_, 1);
  int expected = 1;
  for (const int pause : {1, 2, 4, 8, 16, 32, 60, 60}) {
    Advance(absl::Seconds(pause) - absl::Milliseconds(1));
    EXPECT_EQ(fetches_, expected);
    Advance(absl::Milliseconds(1));
    EXPECT_EQ(fetches_, ++expected) << "after " << pause << " s";
  }
  EXPECT_EQ(told, 0);
  Says("b");
  Advance(absl::Seconds(60));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(Name(), "b");
  Says("c");
  Advance(absl::Seconds(60));  // and the rhythm is as before
  EXPECT_EQ(Name(), "c");
}

TEST_F(Feed, AListThatIsBackUnchangedIsToldOfToo) {
  cache_.Adopt(JustOne("a"), clock_.WallNow() - absl::Hours(48),
               ExaminationCache::Origin::kOtherReplica);
  int told = 0;
  const auto watching = Watch(&told);
  EXPECT_EQ(Name(), "(none)");
  Advance(absl::ZeroDuration());
  EXPECT_EQ(told, 1);
  EXPECT_EQ(Name(), "a");
}

TEST_F(Feed, AListThatIsNeverFreshIsFetchedEverySecond) {
  ExaminationFeed feed(cache_, clock_, timer_, random_, {absl::ZeroDuration(), absl::Hours(24)});
  const auto watching = feed.Watch([] {});
  Advance(absl::ZeroDuration());
  EXPECT_EQ(fetches_, 1);
  Advance(absl::Milliseconds(999));
  EXPECT_EQ(fetches_, 1);
  Advance(absl::Milliseconds(1));
  EXPECT_EQ(fetches_, 2);
}

TEST_F(Feed, MakesAnUpdateOnceForAllWhoNeedIt) {
  const auto watching = Watch();
  Advance(absl::ZeroDuration());
  const ExaminationListPtr a = feed_.Current();
  Says("b");
  Advance(absl::Seconds(60));
  const ExaminationListPtr b = feed_.Current();
  EXPECT_EQ(feed_.Update(a, b), feed_.Update(a, b));
  EXPECT_EQ(feed_.Update(nullptr, b), feed_.Update(nullptr, b));
  EXPECT_NE(feed_.Update(nullptr, b), feed_.Update(a, b));
}

TEST_F(Feed, AnUpdateSaysWhenItsListWasFetchedAlsoWhenThatHasNotChanged) {
  const auto watching = Watch();
  Advance(absl::ZeroDuration());
  const auto fetch_time = [this] {
    const ExaminationListPtr list = feed_.Current();
    ::concero::v1::WatchExaminationsResponse response;
    EXPECT_TRUE(response.ParseFromString(*feed_.Update(nullptr, list)->back()));
    return response.fetch_time().seconds();
  };
  const int64_t first = fetch_time();
  Advance(absl::Seconds(60));
  EXPECT_EQ(fetches_, 2);
  EXPECT_EQ(fetch_time(), first + 60);
}

}  // namespace
}  // namespace gw::concero
