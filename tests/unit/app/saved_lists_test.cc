#include "service/app/saved_lists.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>

#include "tests/support/captured_log.h"
#include "tests/support/fakes.h"
#include "tests/support/memory_store.h"

namespace gw::app {
namespace {

constexpr char kListUrl[] = "https://portal.example/api/v1";

std::vector<::concero::v1::Examination> Examinations(int64_t id) {
  ::concero::v1::Examination examination;
  examination.set_id(id);
  examination.set_name("An examination");
  return {examination};
}

class SavedListsTest : public ::testing::Test {
 protected:
  void Start() { saved_ = std::make_unique<SavedLists>(ledger_, cache_, timer_, clock_, kListUrl); }
  void Save(int64_t id) {
    clock_.Advance(absl::Seconds(1));
    saved_->Save(
        *gw::concero::MakeExaminationList(Examinations(id), "v", clock_.WallNow(), clock_.Now()));
  }
  // As another replica does.
  void SaveElsewhere(int64_t id, absl::Duration ahead = absl::ZeroDuration()) {
    clock_.Advance(absl::Seconds(1));
    ::concero::v1::ListExaminationsResponse list;
    *list.add_examinations() = Examinations(id)[0];
    store_.With([&](ledger::Rows& rows) {
      rows.SaveList(kListUrl, {clock_.WallNow() + ahead, list.SerializeAsString()});
    });
  }
  int64_t IdInStore() {
    std::optional<ledger::SavedList> list;
    store_.With([&](ledger::Rows& rows) { list = rows.LoadList(kListUrl); });
    ::concero::v1::ListExaminationsResponse message;
    if (!list || !message.ParseFromString(list->bytes)) return 0;
    return message.examinations(0).id();
  }
  int64_t IdInCache() const {
    const auto list = cache_.Peek();
    return list == nullptr ? 0 : list->examinations.at(0).id();
  }
  // The ledger has a thread of its own: what it was asked for comes about sooner or later.
  template <class Condition>
  void Await(Condition condition, absl::Duration step = absl::ZeroDuration()) {
    const Instant give_up = SystemClock().Now() + absl::Minutes(5);
    while (!condition()) {
      ASSERT_LT(SystemClock().Now(), give_up);
      timer_.Advance(step);
      std::this_thread::yield();
    }
  }
  template <class Condition>
  void AwaitWithTime(Condition condition) {
    Await(std::move(condition), absl::Seconds(1));
  }
  // Whoever asked before has been told: completions run in the order of the commits.
  void AwaitCompletions() {
    std::promise<void> told;
    ledger_.Do([](ledger::Rows&) {}, [&](const absl::Status&) { told.set_value(); });
    told.get_future().wait();
  }

  testing::CapturedLog log_;
  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  testing::MemoryStore store_{clock_};
  observe::Health health_;
  ledger::Ledger ledger_{store_, health_, ledger::Ledger::Options()};
  gw::concero::ExaminationCache cache_{[](auto) {}, clock_, timer_, {.ttl = absl::Hours(10'000)}};
  std::unique_ptr<SavedLists> saved_;
};

TEST_F(SavedListsTest, AreSavedAsSoonAsTheStoreIsBackTheLatestOnly) {
  Start();
  saved_->AwaitRestored(absl::Minutes(5));
  store_.FailWith({"gone"});
  Save(1);
  Save(2);
  ASSERT_TRUE(ledger_.Flush(absl::Minutes(5)));
  EXPECT_EQ(IdInStore(), 0);
  store_.Recover();
  AwaitWithTime([&] { return IdInStore() != 0; });
  EXPECT_EQ(IdInStore(), 2);
}

TEST_F(SavedListsTest, OfOthersAreAdoptedAsSoonAsTheStoreIsBack) {
  Start();
  saved_->AwaitRestored(absl::Minutes(5));
  SaveElsewhere(7);
  store_.FailWith({"gone"});
  saved_->OnSaved(kListUrl);
  ASSERT_TRUE(ledger_.Flush(absl::Minutes(5)));
  EXPECT_EQ(IdInCache(), 0);
  store_.Recover();
  AwaitWithTime([&] { return IdInCache() == 7; });
  EXPECT_FALSE(cache_.IsStale(*cache_.Peek())) << "as good as one fetched here";
}

TEST_F(SavedListsTest, OfAnEarlierProcessStayStaleAlsoWhenSomebodySavesMeanwhile) {
  SaveElsewhere(7);
  clock_.Advance(absl::Seconds(1));
  store_.FailWith({"gone"});
  Start();
  saved_->OnSaved(kListUrl);
  store_.Recover();
  AwaitWithTime([&] { return IdInCache() == 7; });
  saved_->AwaitRestored(absl::Minutes(5));
  AwaitCompletions();  // of the second load, too: it was asked for before the first was told of
  AwaitCompletions();
  EXPECT_TRUE(cache_.IsStale(*cache_.Peek()));
}

TEST_F(SavedListsTest, OfAnEarlierProcessWhoseClockWasAheadAreStale) {
  SaveElsewhere(7, absl::Hours(1));
  Start();
  saved_->AwaitRestored(absl::Minutes(5));
  ASSERT_EQ(IdInCache(), 7);
  EXPECT_TRUE(cache_.IsStale(*cache_.Peek()));
}

TEST_F(SavedListsTest, ThatSomebodySavedSinceTheStartAreFreshHoweverLateTheyAreRead) {
  store_.FailWith({"gone"});
  Start();
  SaveElsewhere(7);
  store_.Recover();
  AwaitWithTime([&] { return IdInCache() == 7; });
  EXPECT_FALSE(cache_.IsStale(*cache_.Peek()));
}

TEST_F(SavedListsTest, OfAnotherUpstreamAreNotLookedAt) {
  Start();
  saved_->AwaitRestored(absl::Minutes(5));
  SaveElsewhere(7);
  const size_t groups = store_.groups().size();
  saved_->OnSaved("https://other.example/api/v1");
  AwaitCompletions();
  EXPECT_EQ(store_.groups().size(), groups + 1) << "of which the last is this test's";
  EXPECT_EQ(IdInCache(), 0);
}

TEST_F(SavedListsTest, AreNotTriedForEverByWhoIsGone) {
  Start();
  saved_->AwaitRestored(absl::Minutes(5));
  store_.FailWith({"gone"});
  Save(1);
  Await([&] { return timer_.pending() > 0; });  // for the next try
  saved_ = nullptr;
  store_.Recover();
  timer_.Advance(absl::Hours(1));
  ASSERT_TRUE(ledger_.Flush(absl::Minutes(5)));
  EXPECT_EQ(IdInStore(), 0);
}

}  // namespace
}  // namespace gw::app
