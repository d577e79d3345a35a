// A disk that is full, or fails, at every point of what is written.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <tuple>

#include "service/ledger/operations.h"
#include "tests/integration/ledger_sqlite/failing_vfs.h"
#include "tests/integration/ledger_sqlite/ledger_folder.h"

namespace gw::testing {
namespace {

using Kind = FailingVfs::Kind;

absl::StatusOr<std::unique_ptr<ledger::Store>> OpenFailing(LedgerFolder& folder) {
  FailingVfs::Get();
  return folder.Open({"", {}, Secret(), FailingVfs::name()});
}

// What is kept when the process dies now.
std::string StoryAfterACrash(const LedgerFolder& folder, const std::string& request_id) {
  LedgerFolder after;
  folder.CopyTo(after);
  const auto store = after.Open();
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? StoryOf(**store, request_id) : "";
}

struct Fault {
  std::string name;
  Kind kind;
  int code;
  bool stays;  // until healed; else it is one operation that fails
};

class FailingDisk : public ::testing::TestWithParam<Fault> {
 protected:
  ~FailingDisk() override { FailingVfs::Get().Heal(); }

  void FailFrom(int nth) {
    FailingVfs::Get().Heal();
    FailingVfs::Get().Fail({GetParam().kind}, GetParam().code, nth, GetParam().stays ? 1 << 30 : 1);
  }
};

TEST_P(FailingDisk, LosesNothingAndKeepsNothingByHalves) {
  bool failed = true;
  int nth = 0;
  for (; failed; ++nth) {
    SCOPED_TRACE(nth);
    ASSERT_LT(nth, 500);
    LedgerFolder folder;
    const auto store = OpenFailing(folder);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_EQ(Begin(**store, IntentFor("before")), "");
    ASSERT_EQ(Settle(**store, "before"), "");

    FailFrom(nth + 1);
    const std::string begin = Begin(**store, IntentFor("a"));
    const std::string settle = begin.empty() ? Settle(**store, "a") : "not begun";
    failed = FailingVfs::Get().failed() > 0;
    FailingVfs::Get().Heal();
    EXPECT_EQ(failed, !begin.empty() || !settle.empty()) << begin << settle;
    if (!begin.empty()) {
      EXPECT_TRUE(begin.starts_with("away: SQLite: ")) << begin;
      EXPECT_EQ(StoryOf(**store, "a"), "(none)");
      ASSERT_EQ(Begin(**store, IntentFor("a")), "");
    } else if (!settle.empty()) {
      EXPECT_TRUE(settle.starts_with("away: SQLite: ")) << settle;
      EXPECT_EQ(StoryOf(**store, "a"), "PENDING 1: PENDING");
      EXPECT_EQ(StoryAfterACrash(folder, "before"), "SUCCEEDED 1: PENDING SUCCEEDED");
    }
    if (!settle.empty()) {
      ASSERT_EQ(Settle(**store, "a"), "");
    }
    EXPECT_EQ(StoryOf(**store, "a"), "SUCCEEDED 1: PENDING SUCCEEDED");
    for (const std::string id : {"before", "a"}) {
      EXPECT_EQ(StoryAfterACrash(folder, id), "SUCCEEDED 1: PENDING SUCCEEDED") << id;
    }
  }
  EXPECT_GT(nth, 2) << "nothing has failed";
}

TEST_P(FailingDisk, WhileItFailsADeathLosesNothingThatWasAcknowledged) {
  LedgerFolder folder;
  const auto store = OpenFailing(folder);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(Begin(**store, IntentFor("before")), "");
  ASSERT_EQ(Settle(**store, "before"), "");
  ASSERT_EQ(Begin(**store, IntentFor("open")), "");
  for (int round = 1; round < 8; ++round) {
    FailFrom(round);
    Begin(**store, IntentFor("a"));
    EXPECT_EQ(StoryAfterACrash(folder, "before"), "SUCCEEDED 1: PENDING SUCCEEDED");
    EXPECT_EQ(StoryAfterACrash(folder, "open"), "IN_DOUBT 1: PENDING IN_DOUBT");
  }
}

TEST_P(FailingDisk, LeavesNoHalfALedgerWhereThereWasNone) {
  bool opened = false;
  for (int nth = 1; !opened; ++nth) {
    SCOPED_TRACE(nth);
    ASSERT_LT(nth, 500);
    LedgerFolder folder;
    FailFrom(nth);
    const absl::Status status = OpenFailing(folder).status();
    opened = status.ok();
    FailingVfs::Get().Heal();
    if (!opened) {
      EXPECT_TRUE(absl::StartsWith(status.message(), folder.path())) << status;
    }
    const auto store = OpenFailing(folder);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(Begin(**store, IntentFor("a")), "");
    EXPECT_FALSE(std::filesystem::exists(folder.path() + ".new"));
  }
}

TEST_P(FailingDisk, DoesNotOpenWhatItCannotPutInDoubt) {
  bool opened = false;
  for (int nth = 1; !opened; ++nth) {
    SCOPED_TRACE(nth);
    ASSERT_LT(nth, 500);
    LedgerFolder living, folder;
    {
      const auto store = living.Open();
      ASSERT_TRUE(store.ok()) << store.status();
      ASSERT_EQ(Begin(**store, IntentFor("a")), "");
      living.CopyTo(folder);
    }
    FailFrom(nth);
    opened = OpenFailing(folder).ok();
    FailingVfs::Get().Heal();
    const auto store = OpenFailing(folder);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(StoryOf(**store, "a"), "IN_DOUBT 1: PENDING IN_DOUBT");
  }
}

// An erasure is followed by it, as is a log of some size.
TEST_P(FailingDisk, LosesNothingWhileTheLogIsWrittenIntoTheFile) {
  LedgerFolder folder;
  const auto store = OpenFailing(folder);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(Begin(**store, IntentFor("before", "bob@example.com")), "");
  int nth = 0;
  for (bool failed = true; failed; ++nth) {
    SCOPED_TRACE(nth);
    ASSERT_LT(nth, 500);
    const std::string id = "round " + std::to_string(nth);
    ASSERT_EQ(Begin(**store, IntentFor(id)), "");
    FailFrom(nth + 1);
    FailingVfs::Get().OnlyOf(".db");
    EXPECT_EQ(Do(**store, [](auto& rows) { ledger::Erase(rows, "ann@example.com", "an admin"); }),
              "");
    failed = FailingVfs::Get().failed() > 0;
    FailingVfs::Get().Heal();
    EXPECT_EQ(StoryAfterACrash(folder, "before"), "IN_DOUBT 1: PENDING IN_DOUBT");
    EXPECT_EQ(StoryAfterACrash(folder, id), "IN_DOUBT 1: PENDING PENDING IN_DOUBT");
    EXPECT_EQ(StoryOf(**store, id), "PENDING 1: PENDING PENDING");
  }
  EXPECT_GT(nth, 1) << "nothing has failed";
  ASSERT_EQ(Settle(**store, "before"), "");
  EXPECT_EQ(StoryAfterACrash(folder, "before"), "SUCCEEDED 1: PENDING SUCCEEDED");
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FailingDisk,
    ::testing::Values(Fault{"OneWriteIsTooMuch", Kind::kWrite, SQLITE_FULL, false},
                      Fault{"FullUntilHealed", Kind::kWrite, SQLITE_FULL, true},
                      Fault{"OneWriteFails", Kind::kWrite, SQLITE_IOERR_WRITE, false},
                      Fault{"WritesFailUntilHealed", Kind::kWrite, SQLITE_IOERR_WRITE, true},
                      Fault{"OneSyncFails", Kind::kSync, SQLITE_IOERR_FSYNC, false},
                      Fault{"SyncsFailUntilHealed", Kind::kSync, SQLITE_IOERR_FSYNC, true}),
    [](const auto& test) { return test.param.name; });

TEST(ADiskThatFails, RefusesAnErasureThatItCannotWriteAndDoesOneThatItCan) {
  FailingVfs& vfs = FailingVfs::Get();
  LedgerFolder folder;
  const auto store = OpenFailing(folder);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(Begin(**store, IntentFor("a")), "");
  const auto erase = [&] {
    return Do(**store, [](auto& rows) { ledger::Erase(rows, "ann@example.com", "an admin"); });
  };
  vfs.Fail({Kind::kWrite}, SQLITE_FULL);
  EXPECT_TRUE(erase().starts_with("away: "));
  vfs.Heal();
  // The row can be blanked, and the log not be cut off: that is made up for.
  vfs.Fail({Kind::kTruncate}, SQLITE_IOERR_TRUNCATE);
  vfs.OnlyOf("-wal");
  EXPECT_EQ(erase(), "");
  EXPECT_GT(vfs.failed(), 0);
  vfs.Heal();
  ASSERT_EQ(Begin(**store, IntentFor("b", "bob@example.com")), "");
  for (const auto& [name, bytes] : folder.Contents()) {
    EXPECT_EQ(bytes.find("ann@example.com"), std::string::npos) << name;
  }
}

TEST(ADiskThatWorks, IsNotTakenForOneThatFailsWhenItIsAWorkThatCannotBe) {
  LedgerFolder folder;
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  OtherConnection(folder.path())
      .Ask(
          "CREATE TRIGGER refusing BEFORE INSERT ON allocation_events WHEN NEW.allocation = 4711 "
          "BEGIN SELECT RAISE(ABORT, 'nobody has it'); END");
  std::vector<ledger::Work> works;
  works.emplace_back(ledger::BeginWork{IntentFor("a"), {}});
  works.emplace_back(ledger::OtherWork{[](ledger::Rows& rows) {
    ledger::Row nobodys;
    nobodys.seq = 4711;
    rows.AddEvent(nobodys, {});
  }});
  const auto failure = (*store)->Run(absl::MakeSpan(works));
  ASSERT_NE(failure, std::nullopt);
  EXPECT_FALSE(failure->store_is_away);
  EXPECT_FALSE(failure->perhaps_done);
  EXPECT_EQ(StoryOf(**store, "a"), "(none)") << "nothing of the group is done";
  EXPECT_EQ(Begin(**store, IntentFor("a")), "");
}

TEST(ADiskThatWorks, IsSyncedOnceForEachCommitHoweverManyWorksItHas) {
  FailingVfs& vfs = FailingVfs::Get();
  LedgerFolder folder;
  const auto store = OpenFailing(folder);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(Begin(**store, IntentFor("before")), "");  // a new log has its header synced, too
  vfs.Heal();
  std::vector<ledger::Work> works;
  for (int i = 0; i < 50; ++i) {
    works.emplace_back(ledger::BeginWork{IntentFor(std::to_string(i)), {}});
  }
  ASSERT_EQ((*store)->Run(absl::MakeSpan(works)), std::nullopt);
  EXPECT_EQ(vfs.synced("-wal"), 1);
  ASSERT_EQ(Begin(**store, IntentFor("a")), "");
  ASSERT_EQ(Settle(**store, "a"), "");
  EXPECT_EQ(vfs.synced("-wal"), 3);
}

}  // namespace
}  // namespace gw::testing
