// Replicas that share one PostgreSQL: races, leases, and what they tell each other.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/ledger/stores.h"

namespace gw::ledger::testing {
namespace {

using gw::testing::PostgresServer;
using Kind = Begun::Kind;

class PostgresTest : public ::testing::Test {
 protected:
  PostgresStore::Options Options() const { return PostgresOptions(url_); }
  std::string Ask(const std::string& sql) const { return PostgresServer::Ask(url_, sql); }

  const std::string url_ = Server().NewSchema();
};

/// Runs all groups of each replica on a thread of its own, at the same time.
void Race(const std::vector<Store*>& stores, std::vector<std::vector<std::vector<Work>>>& groups) {
  std::atomic<int> waiting = static_cast<int>(stores.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < stores.size(); ++i) {
    threads.emplace_back([&, i] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      for (std::vector<Work>& group : groups[i]) {
        for (Work& work : group) {
          if (auto* begin = std::get_if<BeginWork>(&work)) {
            begin->intent.owner = stores[i]->OwnerId();
          }
        }
        const auto failure = stores[i]->Run(absl::MakeSpan(group));
        EXPECT_FALSE(failure) << failure->what;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// How often each key, or what `of` makes of it, was started.
template <class Of>
std::map<std::string, int> Starts(const std::vector<std::vector<std::vector<Work>>>& groups,
                                  Of of) {
  std::map<std::string, int> starts;
  for (const auto& replica : groups) {
    for (const auto& group : replica) {
      for (const Work& work : group) {
        const auto* begin = std::get_if<BeginWork>(&work);
        if (begin != nullptr) starts[of(*begin)] += begin->begun.kind == Kind::kStart ? 1 : 0;
      }
    }
  }
  return starts;
}

TEST_F(PostgresTest, OneKeyIsStartedByOneReplica) {
  const auto a = OpenPostgres(Options());
  const auto b = OpenPostgres(Options());
  std::vector<std::vector<std::vector<Work>>> groups(2);
  for (int round = 0; round < 25; ++round) {
    for (int replica = 0; replica < 2; ++replica) {
      std::vector<Work> group;
      for (int i = 0; i < 20; ++i) {
        // In opposite orders, which must not become a deadlock.
        const int key = replica == 0 ? i : 19 - i;
        group.emplace_back(BeginWork{Given(absl::StrCat(round, "-", key)), {}});
      }
      groups[replica].push_back(std::move(group));
    }
  }
  Race({a.get(), b.get()}, groups);
  const auto starts = Starts(groups, [](const BeginWork& w) { return w.intent.key.request_id; });
  EXPECT_EQ(starts.size(), 500u);
  for (const auto& [key, count] : starts) EXPECT_EQ(count, 1) << key;
  EXPECT_EQ(Ask("SELECT count(*) FROM allocation_events"), "500");
}

TEST_F(PostgresTest, OneCandidateWithoutIdsIsStartedByOneReplica) {
  const auto a = OpenPostgres(Options());
  const auto b = OpenPostgres(Options());
  std::vector<std::vector<std::vector<Work>>> groups(2);
  for (int round = 0; round < 25; ++round) {
    for (int replica = 0; replica < 2; ++replica) {
      std::vector<Work> group;
      for (int i = 0; i < 10; ++i) {
        const int candidate = replica == 0 ? i : 9 - i;
        group.emplace_back(BeginWork{About(Made(absl::StrCat(replica, ".", round, ".", i)),
                                           absl::StrCat("c", round, "-", candidate, "@company.io")),
                                     {}});
      }
      groups[replica].push_back(std::move(group));
    }
  }
  Race({a.get(), b.get()}, groups);
  const auto starts = Starts(groups, [](const BeginWork& w) { return w.intent.email_key; });
  EXPECT_EQ(starts.size(), 250u);
  for (const auto& [email, count] : starts) EXPECT_EQ(count, 1) << email;
  EXPECT_EQ(Ask("SELECT count(*) FROM allocations"), "250");
}

TEST_F(PostgresTest, ARefusedOneIsSentAgainByOneReplica) {
  const auto a = OpenPostgres(Options());
  const auto b = OpenPostgres(Options());
  Actions act(*a);
  std::vector<std::vector<std::vector<Work>>> groups(2);
  for (int i = 0; i < 20; ++i) {
    const std::string id = absl::StrCat(i);
    act.Bring(Given(id), State::kFailed, /*resendable=*/true);
    for (auto& replica : groups) {
      replica.emplace_back();
      replica.back().push_back(BeginWork{Given(id), {}});
    }
  }
  Race({a.get(), b.get()}, groups);
  for (const auto& [key, count] :
       Starts(groups, [](const BeginWork& w) { return w.intent.key.request_id; })) {
    EXPECT_EQ(count, 1) << key;
    EXPECT_EQ(act.Find(key).attempt, 2);
  }
}

TEST_F(PostgresTest, ReplicasMayDoEverythingAtOnce) {
  const auto a = OpenPostgres(Options());
  const auto b = OpenPostgres(Options());
  Actions act(*a);
  for (int i = 0; i < 20; ++i) act.Bring(Given(absl::StrCat(i)), State::kPending);
  std::vector<std::vector<std::vector<Work>>> groups(2);
  for (int round = 0; round < 20; ++round) {
    for (auto& replica : groups) {
      std::vector<Work> group;
      for (int i = 0; i < 20; ++i) {
        const std::string id = absl::StrCat((round * 7 + i * 3) % 20);
        SettleWork settle;
        settle.key = {kCaller, id};
        settle.outcome = i % 2 == 0 ? Success() : Not(Outcome::Verdict::kInDoubt, "no answer");
        group.emplace_back(std::move(settle));
        group.emplace_back(BeginWork{Given(id), {}});
      }
      group.emplace_back(OtherWork{[](Rows& rows) {
        MarkCancelled(rows, kInvite, "somebody");
        Erase(rows, kEmail, "a person");
      }});
      replica.push_back(std::move(group));
    }
  }
  Race({a.get(), b.get()}, groups);
  for (int i = 0; i < 20; ++i) {
    const Row row = act.Find(absl::StrCat(i));
    EXPECT_EQ(row.attempt, 1);
    EXPECT_TRUE(row.erased());
  }
}

TEST_F(PostgresTest, AnEndedLeaseIsNeverTakenUpAgain) {
  const auto store = OpenPostgres(Options());
  Actions act(*store);
  const std::string owner = store->OwnerId();
  EXPECT_TRUE(store->OwnsFor(owner, absl::Minutes(1)));
  EXPECT_FALSE(store->OwnsFor(owner, absl::Minutes(11)));
  EXPECT_FALSE(store->OwnsFor(owner, absl::InfiniteDuration()));
  EXPECT_FALSE(store->OwnsFor("", absl::ZeroDuration()));
  EXPECT_FALSE(store->OwnsFor("somebody else", absl::ZeroDuration()));
  act.Begin(Given("a"));
  Ask("UPDATE owners SET lease_until = now() - interval '1 s'");
  ASSERT_TRUE(Await([&] { return !store->OwnerId().empty() && store->OwnerId() != owner; }));
  EXPECT_FALSE(store->OwnsFor(owner, absl::ZeroDuration()));
  EXPECT_TRUE(store->OwnsFor(store->OwnerId(), absl::Minutes(1)));
  // It finds what it left itself.
  EXPECT_TRUE(Await([&] { return act.Find("a").state == State::kInDoubt; }));
  EXPECT_EQ(Ask("SELECT count(*) FROM owners"), "1");
  EXPECT_EQ(act.Begin(Given("b")).row.owner, store->OwnerId());
}

TEST_F(PostgresTest, ALeaseEndsForItsOwnerWhenItCannotBeRenewed) {
  PostgresStore::Options options = Options();
  options.lease = absl::Seconds(3);
  options.patience = absl::Milliseconds(500);
  const auto store = OpenPostgres(options);
  const std::string owner = store->OwnerId();
  Ask("ALTER TABLE owners RENAME TO gone");
  EXPECT_TRUE(Await([&] { return !store->OwnsFor(owner, absl::ZeroDuration()); }));
  Work work = BeginWork{Given("a"), {}};
  std::get<BeginWork>(work).intent.owner = owner;
  const auto failure = store->Run(absl::MakeSpan(&work, 1));
  ASSERT_TRUE(failure);
  EXPECT_FALSE(failure->store_is_away) << "what else there is to do can be done";
  EXPECT_FALSE(failure->perhaps_done);
  EXPECT_EQ(Ask("SELECT count(*) FROM allocations"), "0");
}

TEST_F(PostgresTest, WhatADeadReplicaBeganIsPutInDoubtByAnother) {
  PostgresStore::Options options = Options();
  options.lease = absl::Seconds(5);
  auto dying = OpenPostgres(options);
  const auto other = OpenPostgres(Options());
  Actions(*dying).Begin(Given("a"));
  EXPECT_EQ(Actions(*other).Find("a").state, State::kPending);
  dying.reset();  // without Release, as in a crash
  Actions act(*other);
  EXPECT_TRUE(Await([&] { return act.Find("a").state == State::kInDoubt; }));
  EXPECT_EQ(act.Trail("a"), "PENDING IN_DOUBT");
}

TEST_F(PostgresTest, AnEndedLeaseIsSeenByWhoAsksForTheKey) {
  PostgresStore::Options options = Options();
  options.renew_every = absl::Hours(1);  // nobody sweeps
  const auto a = OpenPostgres(options);
  const auto b = OpenPostgres(options);
  Actions(*a).Begin(Given("a"));
  EXPECT_EQ(Actions(*b).Begin(Given("a")).row.state, State::kPending);
  Ask("UPDATE owners SET lease_until = now() WHERE id = '" + a->OwnerId() + "'");
  EXPECT_EQ(Actions(*b).Begin(Given("a")).row.state, State::kInDoubt);
  EXPECT_EQ(Actions(*b).Begin(Made("m")).row.key.request_id, "a");
  // So that it cannot be renewed by who does not know yet.
  EXPECT_EQ(Ask("SELECT count(*) FROM owners"), "1");
}

TEST_F(PostgresTest, AfterReleaseNothingIsBegunAndTheRestGoesOn) {
  PostgresStore::Options options = Options();
  options.renew_every = absl::Hours(1);
  const auto store = OpenPostgres(options);
  const auto other = OpenPostgres(options);
  Actions act(*store);
  const std::string owner = store->OwnerId();
  act.Begin(Given("a"));
  store->Release();
  store->Release();
  EXPECT_EQ(store->OwnerId(), "");
  EXPECT_FALSE(store->OwnsFor(owner, absl::ZeroDuration()));
  EXPECT_FALSE(store->OwnsFor("", absl::ZeroDuration()));
  EXPECT_EQ(Actions(*other).Find("a").state, State::kInDoubt);
  Work work = BeginWork{Given("b"), {}};
  const auto failure = store->Run(absl::MakeSpan(&work, 1));
  ASSERT_TRUE(failure);
  EXPECT_FALSE(failure->store_is_away) << "what else there is to do can be done";
  EXPECT_EQ(act.Settle("a", 1, Success()).settled, Settled::kDone);
}

TEST_F(PostgresTest, ASavedListIsToldToOthersOnly) {
  std::mutex mutex;
  std::vector<std::string> told_a, told_b;
  const auto collect = [&](std::vector<std::string>& into) {
    return [&](const std::string& base_url) {
      std::lock_guard lock(mutex);
      into.push_back(base_url);
    };
  };
  PostgresStore::Options options = Options();
  options.on_list_saved = collect(told_a);
  const auto a = OpenPostgres(options);
  options.on_list_saved = collect(told_b);
  const auto b = OpenPostgres(options);
  Actions(*a).Do([](Rows& rows) { rows.SaveList("https://a.test/v1", {absl::Now(), "list"}); });
  Actions(*b).Do([](Rows& rows) { rows.SaveList("https://b.test/v1", {absl::Now(), "list"}); });
  // Notifications come in the order of the commits: one's own would be here by now.
  EXPECT_TRUE(Await([&] {
    std::lock_guard lock(mutex);
    return !told_a.empty() && !told_b.empty();
  }));
  std::lock_guard lock(mutex);
  EXPECT_EQ(told_a, std::vector<std::string>{"https://b.test/v1"});
  EXPECT_EQ(told_b, std::vector<std::string>{"https://a.test/v1"});
}

TEST_F(PostgresTest, WhoStartsToListenIsToldOfWhatWasSavedBefore) {
  const auto early = OpenPostgres(Options());
  Actions(*early).Do([](Rows& rows) { rows.SaveList("https://a.test/v1", {absl::Now(), "list"}); });
  std::mutex mutex;
  std::vector<std::string> told;
  PostgresStore::Options options = Options();
  options.on_list_saved = [&](const std::string& base_url) {
    std::lock_guard lock(mutex);
    told.push_back(base_url);
  };
  const auto late = OpenPostgres(options);
  EXPECT_TRUE(Await([&] {
    std::lock_guard lock(mutex);
    return told == std::vector<std::string>{"https://a.test/v1"};
  }));
}

TEST_F(PostgresTest, TablesAreMadeOnceByReplicasThatStartTogether) {
  std::vector<std::unique_ptr<Store>> stores(6);
  std::vector<std::thread> threads;
  for (auto& store : stores) {
    threads.emplace_back([&] {
      auto opened = PostgresStore::Open(Options(), SystemClock(), SystemRandom());
      ASSERT_TRUE(opened.ok());
      store = *std::move(opened);
      // At the first try.
      EXPECT_NE(store->OwnerId(), "");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Ask("SELECT value FROM meta WHERE key = 'schema_version'"), "2");
  EXPECT_EQ(Ask("SELECT count(*) FROM meta"), "2");
  EXPECT_EQ(Ask("SELECT count(*) FROM owners"), "6");
  // All of them hash by one key.
  Actions act(*stores[0]);
  act.Bring(Given("a"), State::kSucceeded);
  act.Do([](Rows& rows) { Erase(rows, kEmail, "a person"); });
  for (auto& store : stores) {
    EXPECT_EQ(Actions(*store).Begin(Given("a")).kind, Kind::kExisting);
  }
}

TEST_F(PostgresTest, TablesOfTheFirstVersionAreBroughtForwardWithWhatIsInThem) {
  {
    const auto store = OpenPostgres(Options());
    Actions(*store).Bring(Given("a"), State::kSucceeded);
  }
  Ask("ALTER TABLE allocation_events ADD CONSTRAINT allocation_events_allocation_fkey"
      " FOREIGN KEY (allocation) REFERENCES allocations ON DELETE CASCADE");
  Ask("UPDATE meta SET value = '1' WHERE key = 'schema_version'");
  const auto store = OpenPostgres(Options());
  EXPECT_EQ(Ask("SELECT value FROM meta WHERE key = 'schema_version'"), "2");
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid ="
                " 'allocation_events'::regclass"),
            "0");
  Actions act(*store);
  EXPECT_EQ(act.Trail("a"), "PENDING SUCCEEDED");
  EXPECT_EQ(act.Begin(Given("a")).kind, Kind::kExisting);
}

TEST_F(PostgresTest, CommitsAreDurableHoweverTheServerIsConfigured) {
  Ask("ALTER ROLE postgres SET synchronous_commit = off");
  const auto store = OpenPostgres(Options());
  EXPECT_EQ(Ask("SHOW synchronous_commit"), "off");
  Ask("ALTER ROLE postgres RESET synchronous_commit");
  // What is set within a session is seen by that session alone: it is asked by what it runs.
  Ask("CREATE TABLE seen (value text)");
  Ask("CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " INSERT INTO seen VALUES (current_setting('synchronous_commit') || ' ' ||"
      " current_setting('transaction_isolation')); RETURN NULL; END $$");
  Ask("CREATE TRIGGER see AFTER INSERT ON allocations FOR EACH ROW EXECUTE FUNCTION see()");
  Actions(*store).Begin(Given("a"));
  EXPECT_EQ(Ask("SELECT value FROM seen"), "on read committed");
}

}  // namespace
}  // namespace gw::ledger::testing
