// A file that an older version of the gateway has made and left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/ledger/lock_file.h"
#include "service/ledger/operations.h"
#include "tests/integration/ledger_sqlite/ledger_folder.h"

namespace gw::testing {
namespace {

// The tables as version 1 made them. Its releases are out, so this never changes.
constexpr char kVersion1[] = R"sql(
PRAGMA application_id = 1131366220;
PRAGMA user_version = 1;
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE allocations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, caller TEXT NOT NULL, request_id TEXT NOT NULL,
  examination_id INTEGER NOT NULL, candidate_email TEXT NOT NULL, email_key TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('PENDING', 'SUCCEEDED', 'FAILED', 'IN_DOUBT', 'CANCELLED', 'ABANDONED')),
  attempt INTEGER NOT NULL, resendable INTEGER NOT NULL, invite_id INTEGER NOT NULL,
  invite_link TEXT NOT NULL, create_time INTEGER NOT NULL, update_time INTEGER NOT NULL,
  owner TEXT NOT NULL, error TEXT NOT NULL, UNIQUE (caller, request_id)) STRICT;
CREATE INDEX allocations_like ON allocations (email_key, examination_id, caller);
CREATE INDEX allocations_invite ON allocations (invite_id) WHERE invite_id != 0;
CREATE INDEX allocations_state ON allocations (state, update_time);
CREATE INDEX allocations_listed ON allocations (caller, state);
CREATE INDEX allocations_examination ON allocations (caller, examination_id);
CREATE TABLE allocation_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  allocation INTEGER NOT NULL REFERENCES allocations (seq) ON DELETE CASCADE,
  time INTEGER NOT NULL, state TEXT NOT NULL, actor TEXT NOT NULL, note TEXT NOT NULL,
  attempt INTEGER NOT NULL) STRICT;
CREATE INDEX allocation_events_of ON allocation_events (allocation);
CREATE TABLE examination_lists (
  base_url TEXT PRIMARY KEY, fetch_time INTEGER NOT NULL, list BLOB NOT NULL) STRICT;
)sql";

// Three allocations whose events lie between each other's; a fourth, the newest, was pruned.
constexpr char kRows[] = R"sql(
INSERT INTO allocations VALUES
  (1, 'a caller', 'a', 7, 'ann@example.com', 'ann@example.com', 'SUCCEEDED', 2, 0, 31, 'a-link',
   1000, 3000, '', ''),
  (2, 'a caller', 'b', 7, 'bob@example.com', 'bob@example.com', 'PENDING', 1, 0, 0, '',
   1500, 1500, 'a process that is gone', ''),
  (3, 'a caller', 'c', 8, 'cem@example.com', 'cem@example.com', 'FAILED', 1, 1, 0, '',
   1700, 1800, '', ''),
  (9, 'a caller', 'd', 8, 'dan@example.com', 'dan@example.com', 'FAILED', 1, 1, 0, '',
   1900, 1900, '', '');
INSERT INTO allocation_events VALUES
  (1, 1, 1000, 'PENDING', 'a caller', 'first', 1), (2, 2, 1500, 'PENDING', 'a caller', '', 1),
  (3, 3, 1700, 'PENDING', 'a caller', '', 1), (4, 1, 2000, 'FAILED', 'gateway', 'refused', 1),
  (5, 3, 1800, 'FAILED', 'gateway', '', 1), (6, 1, 2500, 'PENDING', 'a caller', '', 2),
  (7, 1, 3000, 'SUCCEEDED', 'gateway', 'last', 2);
DELETE FROM allocations WHERE seq = 9;
)sql";

class UpgradedFile : public ::testing::Test {
 protected:
  UpgradedFile() {
    OtherConnection(folder_.path()).Ask(absl::StrCat(kVersion1, kRows));
    auto opened = folder_.Open();
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (opened.ok()) store_ = *std::move(opened);
  }
  void SetUp() override { ASSERT_NE(store_, nullptr); }

  std::vector<ledger::Event> EventsOf(int64_t seq) {
    std::vector<ledger::Event> events;
    EXPECT_EQ(Do(*store_, [&](ledger::Rows& rows) { events = rows.Events(seq); }), "");
    return events;
  }

  LedgerFolder folder_;
  std::unique_ptr<ledger::Store> store_;
};

TEST_F(UpgradedFile, KeepsEveryRowAndItsTrailInOrder) {
  EXPECT_EQ(StoryOf(*store_, "a"), "SUCCEEDED 2: PENDING FAILED PENDING SUCCEEDED");
  EXPECT_EQ(StoryOf(*store_, "c"), "FAILED 1: PENDING FAILED");
  const std::vector<ledger::Event> events = EventsOf(1);
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0].note, "first");
  EXPECT_EQ(events[0].attempt, 1);
  EXPECT_EQ(events[1].actor, "gateway");
  EXPECT_EQ(events[1].note, "refused");
  EXPECT_EQ(events[3].note, "last");
  EXPECT_EQ(events[3].time, absl::FromUnixMicros(3000));
  EXPECT_EQ(events[3].attempt, 2);
}

TEST_F(UpgradedFile, PutsInDoubtWhatItsProcessLeftPending) {
  EXPECT_EQ(StoryOf(*store_, "b"), "IN_DOUBT 1: PENDING IN_DOUBT");
}

TEST_F(UpgradedFile, GoesOnBehindWhatIsThere) {
  ASSERT_EQ(Do(*store_, [](ledger::Rows& rows) { ledger::MarkCancelled(rows, 31, "a caller"); }),
            "");
  EXPECT_EQ(StoryOf(*store_, "a"), "CANCELLED 2: PENDING FAILED PENDING SUCCEEDED CANCELLED");
  ledger::Begun begun;
  ASSERT_EQ(Begin(*store_, IntentFor("e"), &begun), "");
  EXPECT_EQ(begun.row.seq, 10);  // 9 was given out, and pages may have been told of it
  ASSERT_EQ(Settle(*store_, "e"), "");
  EXPECT_EQ(StoryOf(*store_, "e"), "SUCCEEDED 1: PENDING SUCCEEDED");
}

TEST_F(UpgradedFile, FindsCountsAndPrunesByState) {
  std::map<ledger::State, int64_t> counts;
  std::vector<ledger::Row> in_doubt, failed;
  int pruned = 0;
  const auto list = [](ledger::Rows& rows, ledger::State state) {
    ledger::Filter filter;
    filter.state = state;
    return rows.List(filter);
  };
  ASSERT_EQ(Do(*store_,
               [&](ledger::Rows& rows) {
                 counts = rows.Count();
                 in_doubt = list(rows, ledger::State::kInDoubt);
                 failed = list(rows, ledger::State::kFailed);
                 pruned = rows.Prune(absl::FromUnixMicros(2000), 10);
               }),
            "");
  EXPECT_EQ(counts[ledger::State::kSucceeded], 1);
  EXPECT_EQ(counts[ledger::State::kInDoubt], 1);
  EXPECT_EQ(counts[ledger::State::kFailed], 1);
  EXPECT_EQ(counts[ledger::State::kPending], 0);
  ASSERT_EQ(in_doubt.size(), 1U);
  EXPECT_EQ(in_doubt[0].key.request_id, "b");
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].key.request_id, "c");
  EXPECT_EQ(pruned, 1);
  EXPECT_EQ(StoryOf(*store_, "c"), "(none)");
  EXPECT_TRUE(EventsOf(3).empty());
  EXPECT_EQ(EventsOf(1).size(), 4U);
}

TEST_F(UpgradedFile, IsUpgradedOnceAndForGood) {
  store_.reset();
  EXPECT_EQ(OtherConnection(folder_.path()).Ask("PRAGMA user_version"), "2");
  const auto again = folder_.Open();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(StoryOf(**again, "a"), "SUCCEEDED 2: PENDING FAILED PENDING SUCCEEDED");
}

// Its process did not end in order, and what it wrote last was in the log.
TEST(FileOfAnOlderVersion, WhoseLogIsGoneIsRefusedAndLeftAsItIs) {
  LedgerFolder folder;
  OtherConnection(folder.path())
      .Ask(absl::StrCat(kVersion1, kRows,
                        "INSERT INTO meta VALUES ('mark', CAST('of-long-ago' AS BLOB));",
                        "PRAGMA journal_mode = WAL;"));
  {
    const auto lock =
        ledger::LockFile::Take(absl::StrCat(folder.path(), ".lock"), absl::ZeroDuration());
    ASSERT_TRUE(lock.ok()) << lock.status();
    ASSERT_TRUE((*lock)->SetMark("of-the-last-one"));
  }
  const auto opened = folder.Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.status().message(), ::testing::HasSubstr("-wal is gone"));
  EXPECT_EQ(OtherConnection(folder.path()).Ask("PRAGMA user_version"), "1");
}

}  // namespace
}  // namespace gw::testing
