// The executor in front of the store (ledger.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "service/ledger/ledger.h"
#include "tests/support/captured_log.h"
#include "tests/support/failures.h"
#include "tests/support/fakes.h"
#include "tests/support/memory_store.h"

namespace gw::testing {
namespace {

using ledger::Begun;
using ledger::Outcome;
using ledger::SettleWork;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kAway[] = "UNAVAILABLE LEDGER_UNAVAILABLE";
constexpr absl::Duration kLong = absl::Minutes(5);

SettleWork Success(const std::string& request_id) {
  SettleWork work;
  work.key = {"a caller", request_id};
  work.outcome.verdict = Outcome::Verdict::kSucceeded;
  return work;
}

class Executor : public ::testing::Test {
 protected:
  void Start(ledger::Ledger::Options options) {
    ledger_ = std::make_unique<ledger::Ledger>(store_, health_, options);
  }

  std::future<absl::StatusOr<Begun>> Begin(const std::string& request_id) {
    ledger::Intent intent;
    intent.key = {"a caller", request_id};
    auto promise = std::make_shared<std::promise<absl::StatusOr<Begun>>>();
    ledger_->Begin(std::move(intent), [promise](auto begun) { promise->set_value(begun); });
    return promise->get_future();
  }
  // A promise that is kept twice throws: whatever is told is told once.
  std::future<absl::StatusOr<SettleWork>> Settle(SettleWork work) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<SettleWork>>>();
    ledger_->Settle(std::move(work), [promise](auto settled) { promise->set_value(settled); });
    return promise->get_future();
  }
  std::future<absl::Status> Do(std::function<void(ledger::Rows&)> run) {
    auto promise = std::make_shared<std::promise<absl::Status>>();
    ledger_->Do(std::move(run), [promise](const absl::Status& s) { promise->set_value(s); });
    return promise->get_future();
  }
  std::future<absl::Status> Owe(std::function<void(ledger::Rows&)> run, std::string name = "") {
    auto promise = std::make_shared<std::promise<absl::Status>>();
    ledger_->Owe(std::move(name), std::move(run),
                 [promise](const absl::Status& s) { promise->set_value(s); });
    return promise->get_future();
  }

  // Begins "first", with which the store is then busy.
  std::future<absl::StatusOr<Begun>> KeepBusy() {
    store_.Hold();
    auto first = Begin("first");
    store_.WaitForHeld();
    return first;
  }

  std::string StateOf(const std::string& request_id) {
    std::string state = "(none)";
    store_.With([&](ledger::Rows& rows) {
      const auto row = rows.Find({"a caller", request_id});
      if (row) state = std::string(ledger::StateName(row->state));
    });
    return state;
  }

  CapturedLog log_;
  FakeClock clock_;
  MemoryStore store_{clock_};
  observe::Health health_;
  std::unique_ptr<ledger::Ledger> ledger_ =
      std::make_unique<ledger::Ledger>(store_, health_, ledger::Ledger::Options());
};

TEST_F(Executor, GathersWhatComesWhileTheStoreWritesIntoOneCommit) {
  auto first = KeepBusy();
  auto a = Begin("a");
  auto settle = Settle(Success("first"));
  auto other = Do([](ledger::Rows&) {});
  EXPECT_EQ(ledger_->queued(), 3);
  EXPECT_TRUE(ledger_->busy());
  store_.LetGo();
  EXPECT_EQ(first.get()->kind, Begun::Kind::kStart);
  EXPECT_EQ(a.get()->kind, Begun::Kind::kStart);
  EXPECT_EQ(settle.get()->settled, ledger::Settled::kDone);
  EXPECT_EQ(other.get(), absl::OkStatus());
  EXPECT_THAT(store_.groups(), ElementsAre("begin first", "begin a, settle first, other"));
  EXPECT_EQ(ledger_->commits(), 2);
  EXPECT_EQ(ledger_->works(), 4);
}

TEST_F(Executor, MakesGroupsOfTheSizeThatItIsAllowed) {
  Start({4096, 2});
  auto first = KeepBusy();
  std::vector<std::future<absl::StatusOr<Begun>>> all;
  for (const char* id : {"a", "b", "c", "d", "e"}) all.push_back(Begin(id));
  store_.LetGo();
  for (auto& one : all) EXPECT_TRUE(one.get().ok());
  EXPECT_THAT(store_.groups(),
              ElementsAre("begin first", "begin a, begin b", "begin c, begin d", "begin e"));
}

TEST_F(Executor, FillsInWhoOwnsWhatIsBegun) {
  EXPECT_EQ(Begin("a").get()->row.owner, store_.OwnerId());
}

TEST_F(Executor, TellsInTheOrderOfTheCommits) {
  std::vector<int> told;
  for (int i = 0; i < 200; ++i) {
    ledger_->Do([](ledger::Rows&) {}, [&told, i](const absl::Status&) { told.push_back(i); });
  }
  EXPECT_EQ(Do([](ledger::Rows&) {}).get(), absl::OkStatus());
  ASSERT_EQ(told.size(), 200U);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
}

TEST_F(Executor, RefusesWhatIsAskedForAboveItsBoundAndNeverWhatMustNotBeLost) {
  Start({2, 1024});
  auto first = KeepBusy();
  auto a = Begin("a");
  auto other = Do([](ledger::Rows&) {});
  const absl::Status refused = Begin("b").get().status();
  EXPECT_EQ(CodeAndReason(refused), "RESOURCE_EXHAUSTED OVERLOADED");
  EXPECT_EQ(Metadata(refused, "limit"), "ledger.max_queued");
  EXPECT_NE(GetFailure(refused).retry_delay, std::nullopt);
  EXPECT_EQ(CodeAndReason(Do([](ledger::Rows&) {}).get()), "RESOURCE_EXHAUSTED OVERLOADED");
  auto settle = Settle(Success("first"));
  auto owed = Owe([](ledger::Rows&) {});
  EXPECT_EQ(CodeAndReason(Begin("b").get().status()), "RESOURCE_EXHAUSTED OVERLOADED");
  store_.LetGo();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(a.get().ok());
  EXPECT_EQ(other.get(), absl::OkStatus());
  EXPECT_TRUE(settle.get().ok());
  EXPECT_EQ(owed.get(), absl::OkStatus());
  EXPECT_EQ(StateOf("b"), "(none)");
  EXPECT_TRUE(Begin("b").get().ok());  // there is room again
}

TEST_F(Executor, WhatMustNotBeLostTakesNobodysRoom) {
  Start({1, 1024});
  auto first = KeepBusy();
  std::vector<std::future<absl::Status>> owed;
  for (int i = 0; i < 10; ++i) owed.push_back(Owe([](ledger::Rows&) {}));
  auto a = Begin("a");
  store_.LetGo();
  EXPECT_TRUE(a.get().ok());
  for (auto& one : owed) EXPECT_EQ(one.get(), absl::OkStatus());
}

TEST_F(Executor, IsUnwellWhileTheStoreIsAwayAndWellAgainByTheNextThatIsDone) {
  EXPECT_TRUE(health_.components().at("ledger").well);
  store_.FailWith({"the disk is full"});
  const absl::Status status = Begin("a").get().status();
  EXPECT_EQ(CodeAndReason(status), kAway);
  EXPECT_NE(GetFailure(status).retry_delay, std::nullopt);
  EXPECT_FALSE(health_.components().at("ledger").well);
  EXPECT_EQ(health_.components().at("ledger").reason, "LEDGER_UNAVAILABLE");
  EXPECT_EQ(CodeAndReason(Do([](ledger::Rows&) {}).get()), kAway);
  EXPECT_EQ(StateOf("a"), "(none)");
  store_.Recover();
  EXPECT_EQ(Begin("a").get()->row.attempt, 1);
  EXPECT_TRUE(health_.components().at("ledger").well);
  const auto lines = log_.Take();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["event"], "ledger_unavailable");
  EXPECT_EQ(lines[0]["problem"], "the disk is full");
  EXPECT_EQ(lines[1]["event"], "ledger_available");
}

TEST_F(Executor, FindsOutByItselfThatTheStoreIsBack) {
  std::promise<void> well;
  store_.FailWith({"gone"});
  EXPECT_FALSE(Begin("a").get().ok());
  health_.SetListener([&, told = false](const std::string&, bool is_well) mutable {
    if (is_well && !std::exchange(told, true)) well.set_value();
  });
  store_.Recover();
  well.get_future().wait();
  health_.SetListener(nullptr);
}

TEST_F(Executor, WritesAnOutcomeLaterBeforeAnythingNewAndTellsItOnce) {
  ASSERT_TRUE(Begin("a").get().ok());
  store_.FailWith({"gone"});
  EXPECT_EQ(CodeAndReason(Settle(Success("a")).get().status()), kAway);
  EXPECT_EQ(ledger_->owed(), 1);
  EXPECT_TRUE(ledger_->busy());
  for (const char* id : {"b", "c"}) EXPECT_EQ(CodeAndReason(Begin(id).get().status()), kAway);
  EXPECT_EQ(StateOf("a"), "PENDING");
  auto groups = store_.groups();
  groups.erase(groups.begin());
  EXPECT_THAT(groups, Each(StartsWith("settle a")));
  store_.Recover();
  EXPECT_TRUE(Begin("d").get().ok());
  EXPECT_EQ(StateOf("a"), "SUCCEEDED");
  EXPECT_TRUE(ledger_->Flush(kLong));
  EXPECT_EQ(ledger_->owed(), 0);
}

TEST_F(Executor, LagsByAsLongAsTheOldestThatIsNotCommittedHasWaited) {
  Start({.clock = &clock_});
  EXPECT_EQ(ledger_->lag(), absl::ZeroDuration());
  auto first = KeepBusy();
  clock_.Advance(absl::Seconds(2));
  auto second = Begin("second");
  EXPECT_EQ(ledger_->lag(), absl::Seconds(2)) << "what is being committed";
  store_.LetGo();
  ASSERT_TRUE(first.get().ok() && second.get().ok());
  ASSERT_TRUE(ledger_->Flush(kLong));
  EXPECT_EQ(ledger_->lag(), absl::ZeroDuration());

  store_.FailWith({"gone"});
  EXPECT_EQ(CodeAndReason(Settle(Success("first")).get().status()), kAway);
  clock_.Advance(absl::Seconds(30));
  EXPECT_EQ(CodeAndReason(Begin("third").get().status()), kAway);
  EXPECT_EQ(ledger_->lag(), absl::Seconds(30)) << "what is owed, also while it is tried again";
  store_.Recover();
  ASSERT_TRUE(Begin("fourth").get().ok());
  ASSERT_TRUE(ledger_->Flush(kLong));
  EXPECT_EQ(ledger_->lag(), absl::ZeroDuration());
}

TEST_F(Executor, WritesWhatIsOwedWithoutAnybodyWhoAsks) {
  store_.FailWith({"gone"});
  bool done = false;
  EXPECT_EQ(CodeAndReason(Owe([&](ledger::Rows&) { done = true; }).get()), kAway);
  EXPECT_FALSE(done);
  store_.Recover();
  EXPECT_TRUE(ledger_->Flush(kLong));
  EXPECT_TRUE(done);
}

TEST_F(Executor, OwesTheLastOfOneNameAndSinceTheFirst) {
  Start({.clock = &clock_});
  store_.FailWith({"gone"});
  std::vector<std::string> done;
  const auto owe = [&](const std::string& what, const std::string& name) {
    clock_.Advance(absl::Seconds(1));
    EXPECT_EQ(CodeAndReason(Owe([&, what](ledger::Rows&) { done.push_back(what); }, name).get()),
              kAway);
  };
  owe("first", "a name");
  owe("another's", "another name");
  owe("nameless", "");
  owe("nameless, too", "");
  owe("last", "a name");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(CodeAndReason(Begin("what is owed is tried before").get().status()), kAway);
  EXPECT_EQ(ledger_->owed(), 4);
  EXPECT_EQ(ledger_->lag(), absl::Seconds(5));
  store_.Recover();
  ASSERT_TRUE(ledger_->Flush(kLong));
  EXPECT_THAT(done, ElementsAre("another's", "nameless", "nameless, too", "last"));
}

TEST_F(Executor, TakesBackWhatWasPerhapsBegunBeforeTheSameIsBegunAgain) {
  store_.FailWith({"it went away while it committed", true}, /*and_yet=*/true);
  EXPECT_EQ(CodeAndReason(Begin("a").get().status()), kAway);
  store_.Recover();
  const auto again = Begin("a").get();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->kind, Begun::Kind::kStart);
  EXPECT_EQ(again->row.attempt, 2);
}

TEST_F(Executor, WhatWasPerhapsBegunAndNeverAskedForAgainIsFailedWithNothingSent) {
  store_.FailWith({"it went away while it committed", true}, /*and_yet=*/true);
  EXPECT_FALSE(Begin("a").get().ok());
  EXPECT_FALSE(Begin("b").get().ok());
  store_.Recover();
  EXPECT_TRUE(Begin("c").get().ok());
  EXPECT_TRUE(ledger_->Flush(kLong));
  EXPECT_EQ(StateOf("a"), "FAILED");
  EXPECT_EQ(StateOf("b"), "FAILED");
}

TEST_F(Executor, DoesOneByOneWhatTheStoreRefusesAsAGroup) {
  auto first = KeepBusy();
  auto a = Begin("a");
  auto b = Begin("b");
  auto settle = Settle(Success("first"));
  store_.Refuse("a");
  store_.LetGo();
  EXPECT_EQ(CodeAndReason(a.get().status()), kAway);
  EXPECT_TRUE(b.get().ok());
  EXPECT_TRUE(settle.get().ok());
  EXPECT_THAT(store_.groups(), ElementsAre("begin first", "begin a, begin b, settle first",
                                           "begin a", "begin b", "settle first"));
  EXPECT_TRUE(health_.components().at("ledger").well);
  EXPECT_THAT(log_.TakeText(), HasSubstr("ledger_refused"));
}

TEST_F(Executor, KeepsAnOutcomeThatTheStoreRefuses) {
  ASSERT_TRUE(Begin("a").get().ok());
  store_.Refuse("a");
  EXPECT_EQ(CodeAndReason(Settle(Success("a")).get().status()), kAway);
  EXPECT_TRUE(Begin("b").get().ok());
  EXPECT_EQ(StateOf("a"), "PENDING");
  store_.Recover();
  EXPECT_TRUE(Begin("c").get().ok());
  EXPECT_TRUE(ledger_->Flush(kLong));
  EXPECT_EQ(StateOf("a"), "SUCCEEDED");
}

TEST_F(Executor, FlushWaitsForWhatIsQueuedAndNoLongerThanItsPatience) {
  EXPECT_TRUE(ledger_->Flush(absl::ZeroDuration()));
  EXPECT_FALSE(ledger_->busy());
  auto first = KeepBusy();
  EXPECT_FALSE(ledger_->Flush(absl::ZeroDuration()));
  auto a = Begin("a");
  store_.LetGo();
  EXPECT_TRUE(ledger_->Flush(kLong));
  EXPECT_EQ(StateOf("a"), "PENDING");
  EXPECT_FALSE(ledger_->busy());
}

TEST_F(Executor, DoesWhatIsQueuedBeforeItEnds) {
  auto first = KeepBusy();
  auto a = Begin("a");
  auto settle = Settle(Success("first"));
  std::thread ending([&] { ledger_.reset(); });
  store_.LetGo();
  ending.join();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(a.get().ok());
  EXPECT_TRUE(settle.get().ok());
  EXPECT_EQ(StateOf("first"), "SUCCEEDED");
}

TEST_F(Executor, EndsAlsoWhileTheStoreIsAwayAfterOneMoreTry) {
  ASSERT_TRUE(Begin("a").get().ok());
  store_.FailWith({"gone"});
  EXPECT_FALSE(Settle(Success("a")).get().ok());
  ledger_.reset();
  EXPECT_EQ(StateOf("a"), "PENDING");
}

TEST_F(Executor, WritesWhatIsOwedWhenTheStoreIsBackAsItEnds) {
  ASSERT_TRUE(Begin("a").get().ok());
  store_.FailWith({"gone"});
  EXPECT_FALSE(Settle(Success("a")).get().ok());
  store_.Recover();
  ledger_.reset();
  EXPECT_EQ(StateOf("a"), "SUCCEEDED");
}

TEST_F(Executor, CountsAnswersThatContradictWhatIsRecorded) {
  ASSERT_TRUE(Begin("a").get().ok());
  ASSERT_TRUE(Settle(Success("a")).get().ok());
  EXPECT_EQ(Settle(Success("a")).get()->settled, ledger::Settled::kAlready);
  EXPECT_EQ(ledger_->contradictions(), 0);
  SettleWork failed = Success("a");
  failed.outcome.verdict = Outcome::Verdict::kFailed;
  EXPECT_EQ(Settle(failed).get()->settled, ledger::Settled::kContradiction);
  EXPECT_EQ(Settle(Success("nobody's")).get()->row.seq, 0);
  EXPECT_EQ(ledger_->contradictions(), 2);
  EXPECT_EQ(StateOf("a"), "SUCCEEDED");
}

}  // namespace
}  // namespace gw::testing
