// A PostgreSQL that is away, refuses, or is not what we know.
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/ledger/stores.h"

namespace gw::ledger::testing {
namespace {

using gw::testing::PostgresServer;

class PostgresAwayTest : public ::testing::Test {
 protected:
  PostgresStore::Options Options() const { return PostgresOptions(url_); }
  std::string Ask(const std::string& sql) const { return PostgresServer::Ask(url_, sql); }
  static std::optional<StoreFailure> Begin(Store& store, const Intent& intent) {
    Work work = BeginWork{intent, {}};
    std::get<BeginWork>(work).intent.owner = store.OwnerId();
    return store.Run(absl::MakeSpan(&work, 1));
  }
  static std::optional<StoreFailure> Look(Store& store) {
    Work work = OtherWork{[](Rows& rows) { rows.Count(); }};
    return store.Run(absl::MakeSpan(&work, 1));
  }
  static absl::Status OpenWith(const std::string& url) {
    return PostgresStore::Open(PostgresOptions(url), SystemClock(), SystemRandom()).status();
  }

  const std::string url_ = Server().NewSchema();
};

TEST_F(PostgresAwayTest, AServerThatIsNotThereIsNoReasonNotToStart) {
  PostgresStore::Options options =
      PostgresOptions("postgresql://user:canary-password@/db?host=/nonexistent");
  auto store = PostgresStore::Open(options, SystemClock(), SystemRandom());
  ASSERT_TRUE(store.ok());
  EXPECT_EQ((*store)->OwnerId(), "");
  const auto failure = Look(**store);
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->store_is_away);
  EXPECT_FALSE(failure->perhaps_done);
  EXPECT_TRUE(absl::StartsWith(failure->what, "PostgreSQL: ")) << failure->what;
  EXPECT_FALSE(absl::StrContains(failure->what, "canary-password"));
  EXPECT_TRUE(Begin(**store, Given("a")));
  (*store)->Release();
}

TEST_F(PostgresAwayTest, AfterItsReturnEverythingGoesOn) {
  auto store = OpenPostgres(Options());
  Actions act(*store);
  act.Bring(Given("a"), State::kSucceeded);
  act.Bring(Given("b"), State::kPending);
  const std::string owner = store->OwnerId();
  Server().Stop();
  const auto failure = Begin(*store, Given("c"));
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->store_is_away);
  EXPECT_FALSE(failure->perhaps_done) << failure->what;
  EXPECT_TRUE(Look(*store));
  Server().Start();
  ASSERT_TRUE(Await([&] { return !Begin(*store, Given("c")); }));
  EXPECT_EQ(act.Find("a").state, State::kSucceeded);
  // The lease outlasted it, by both clocks.
  EXPECT_EQ(act.Find("b").state, State::kPending);
  EXPECT_EQ(store->OwnerId(), owner);
  EXPECT_EQ(act.Settle("b", 1, Success()).settled, Settled::kDone);
}

TEST_F(PostgresAwayTest, AStoreOpenedWithoutItWorksOnceItIsThere) {
  OpenPostgres(Options());
  Server().Stop();
  auto store = PostgresStore::Open(Options(), SystemClock(), SystemRandom());
  ASSERT_TRUE(store.ok());
  EXPECT_TRUE(Begin(**store, Given("a")));
  Server().Start();
  EXPECT_TRUE(Await([&] { return !Begin(**store, Given("a")); }));
  EXPECT_EQ(Actions(**store).Find("a").owner, (*store)->OwnerId());
}

TEST_F(PostgresAwayTest, AServerThatDoesNotAnswerIsNotWaitedForLonger) {
  PostgresStore::Options options = Options();
  options.patience = absl::Seconds(2);
  auto store = OpenPostgres(options);
  Actions act(*store);
  act.Bring(Given("a"), State::kPending);
  const std::string owner = store->OwnerId();
  Server().Freeze();
  const auto failure = Begin(*store, Given("b"));
  const auto second = Look(*store);
  Server().Thaw();
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->store_is_away);
  // It was sent: nobody knows.
  EXPECT_TRUE(failure->perhaps_done);
  EXPECT_TRUE(second);
  ASSERT_TRUE(Await([&] { return !Look(*store); }));
  // Whatever became of it, it does not change after what is seen now.
  act.Do([&](Rows& rows) { TakeBack(rows, {kCaller, "b"}, owner); });
  const Row taken_back = act.Find("b");
  EXPECT_TRUE(taken_back.seq == 0 || taken_back.state == State::kFailed);
  EXPECT_EQ(act.Settle("a", 1, Success()).settled, Settled::kDone);
}

TEST_F(PostgresAwayTest, WhatALostConnectionWasDoingEndsBeforeAnythingElse) {
  PostgresStore::Options options = Options();
  options.patience = absl::Seconds(3);
  auto store = OpenPostgres(options);
  Actions act(*store);
  // The server takes longer than we wait: it has all it needs, and would commit later.
  Ask("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " IF NEW.request_id = 'slow' THEN SET LOCAL statement_timeout = 0; PERFORM pg_sleep(8);"
      " END IF; RETURN NEW; END $$");
  Ask("CREATE TRIGGER wait BEFORE INSERT ON allocations FOR EACH ROW EXECUTE FUNCTION wait()");
  Ask("ALTER FUNCTION wait() SET statement_timeout = 0");
  const std::string count_busy =
      "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'";
  Server().Freeze();
  const auto failure = Begin(*store, Given("slow"));
  Server().Thaw();
  ASSERT_TRUE(failure);
  ASSERT_TRUE(Await([&] { return !Look(*store); }));
  EXPECT_EQ(Ask(count_busy), "0");
}

TEST_F(PostgresAwayTest, AConnectionThatWasCutWhileIdleIsMadeAnew) {
  auto store = OpenPostgres(Options());
  Actions act(*store);
  act.Begin(Given("a"));
  Ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
      " WHERE application_name = 'concero-gateway'");
  ASSERT_TRUE(Await([&] {
    return Ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'concero-gateway'"
               " AND state = 'idle'") != "2" ||
           !Look(*store);
  }));
  EXPECT_TRUE(Await([&] { return !Begin(*store, Given("b")); }));
  EXPECT_EQ(act.Find("a").state, State::kPending);
}

TEST_F(PostgresAwayTest, TablesOfALaterVersionAreLeftAlone) {
  OpenPostgres(Options());
  Ask("UPDATE meta SET value = '3' WHERE key = 'schema_version'");
  const absl::Status status = OpenWith(url_);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(status.message(), "version 3")) << status;
  EXPECT_EQ(Ask("SELECT value FROM meta WHERE key = 'schema_version'"), "3");
}

TEST_F(PostgresAwayTest, AUrlThatIsNoneIsRefusedAndNotRepeated) {
  for (const char* url :
       {"canary-password", "postgresql://u:canary-password@h/d?nosuch=1", "host=h canary-password",
        // A password with @, / or : in it, which libpq would read as another part and name it.
        "postgresql://u:canary-password@canary-password@h/d",
        "postgresql://u:canary-password/more@h/d", "postgresql://u:1/canary-password@h/d",
        "postgresql://u@h:canary-password/d"}) {
    const absl::Status status = OpenWith(url);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_FALSE(absl::StrContains(status.message(), "canary-password")) << status;
  }
}

TEST_F(PostgresAwayTest, AGroupThatIsRefusedForItsValuesLeavesNothing) {
  auto store = OpenPostgres(Options());
  Actions act(*store);
  const std::string bad("canary\0value", 12);
  const std::string not_utf8 = "canary\xff value";
  act.Bring(Given("pending"), State::kPending);
  for (const std::string& value : {bad, not_utf8}) {
    SettleWork settle;
    settle.key = {kCaller, "pending"};
    settle.outcome = Success();
    for (const bool with_other : {false, true}) {
      std::vector<Work> works = {BeginWork{Given("a"), {}}, settle, BeginWork{Given(value), {}}};
      if (with_other) {
        works.emplace_back(OtherWork{[](Rows& rows) {
          rows.SaveList("https://a.test", {absl::Now(), "list"});
        }});
      }
      for (Work& work : works) {
        if (auto* begin = std::get_if<BeginWork>(&work)) begin->intent.owner = store->OwnerId();
      }
      const auto failure = store->Run(absl::MakeSpan(works));
      ASSERT_TRUE(failure);
      EXPECT_FALSE(failure->store_is_away);
      EXPECT_FALSE(failure->perhaps_done);
      EXPECT_TRUE(absl::StrContains(failure->what, "22021")) << failure->what;
      EXPECT_FALSE(absl::StrContains(failure->what, "canary")) << failure->what;
      EXPECT_EQ(act.Find("a").seq, 0);
      EXPECT_EQ(act.Find("pending").state, State::kPending);
      act.Do([](Rows& rows) { EXPECT_FALSE(rows.LoadList("https://a.test")); });
    }
  }
  // In an operation of somebody else's, too.
  Work work = OtherWork{[&](Rows& rows) {
    Row row = FirstRow(Given("b"), rows.Now());
    rows.Insert(row);
    rows.AddEvent(row, {rows.Now(), row.state, "somebody", bad, 1});
  }};
  const auto failure = store->Run(absl::MakeSpan(&work, 1));
  ASSERT_TRUE(failure);
  EXPECT_FALSE(failure->store_is_away);
  EXPECT_EQ(act.Find("b").seq, 0);
}

TEST_F(PostgresAwayTest, AServerThatCannotWriteIsAway) {
  auto store = OpenPostgres(Options());
  Ask("ALTER TABLE allocation_events RENAME TO gone");
  const auto failure = Begin(*store, Given("a"));
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->store_is_away);
  EXPECT_FALSE(failure->perhaps_done);
  EXPECT_TRUE(absl::StrContains(failure->what, "42P01")) << failure->what;
  Ask("ALTER TABLE gone RENAME TO allocation_events");
  EXPECT_TRUE(Await([&] { return !Begin(*store, Given("a")); }));
}

TEST_F(PostgresAwayTest, AStandbyIsRefusedUntilItIsPromoted) {
  PostgresStore::Options options = Options();
  options.url = Secret(url_ + "&target_session_attrs=any");
  auto store = OpenPostgres(options);
  Actions(*store).Bring(Given("a"), State::kSucceeded);
  Server().Stop();
  Server().StartAsStandby();
  std::string what;
  EXPECT_TRUE(Await([&] {
    const auto failure = Begin(*store, Given("b"));
    what = failure ? failure->what : "it was done";
    return absl::StrContains(what, "standby");
  })) << what;
  EXPECT_EQ(Ask("SELECT pg_promote()"), "t");
  EXPECT_TRUE(Await([&] { return !Begin(*store, Given("c")); }));
  EXPECT_EQ(Actions(*store).Find("a").state, State::kSucceeded);
  EXPECT_EQ(Actions(*store).Find("b").seq, 0);
}

TEST_F(PostgresAwayTest, WhatLostARaceIsTriedAgain) {
  auto store = OpenPostgres(Options());
  Actions act(*store);
  act.Bring(Given("a"), State::kPending);
  // What is taken from a sequence stays taken: the first two tries are ended, as by a deadlock.
  Ask("CREATE SEQUENCE tries");
  Ask("CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " IF nextval('tries') < 3 THEN RAISE EXCEPTION 'lost' USING ERRCODE = 'deadlock_detected';"
      " END IF; RETURN NULL; END $$");
  Ask("CREATE TRIGGER lose AFTER INSERT ON allocation_events EXECUTE FUNCTION lose()");
  EXPECT_EQ(act.Settle("a", 1, Success()).settled, Settled::kDone);
  EXPECT_EQ(Ask("SELECT last_value FROM tries"), "3");
  EXPECT_EQ(act.Trail("a"), "PENDING SUCCEEDED");
  // Row by row, too.
  Ask("SELECT setval('tries', 1, false)");
  Intent intent = Given("b");
  intent.note = "of an odd kind";
  EXPECT_EQ(act.Begin(intent).kind, Begun::Kind::kStart);
  EXPECT_EQ(Ask("SELECT last_value FROM tries"), "3");
  EXPECT_EQ(act.Trail("b"), "PENDING");
}

TEST_F(PostgresAwayTest, ALockOfAnotherIsNotWaitedForForever) {
  PostgresStore::Options options = Options();
  options.patience = absl::Seconds(1);
  auto store = OpenPostgres(options);
  Actions(*store).Bring(Given("a"), State::kPending);
  auto patient = OpenPostgres(Options());
  std::optional<StoreFailure> failure;
  Actions(*patient).Do([&](Rows& rows) {
    rows.Find({kCaller, "a"});
    SettleWork settle;
    settle.key = {kCaller, "a"};
    settle.outcome = Success();
    Work work = std::move(settle);
    failure = store->Run(absl::MakeSpan(&work, 1));
  });
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->store_is_away);
  EXPECT_FALSE(failure->perhaps_done);
  EXPECT_TRUE(absl::StrContains(failure->what, "55P03")) << failure->what;
  EXPECT_EQ(Actions(*store).Settle("a", 1, Success()).settled, Settled::kDone);
}

}  // namespace
}  // namespace gw::ledger::testing
