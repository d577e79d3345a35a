// The file itself: its mode, what it keeps, and what it keeps no longer.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "service/ledger/operations.h"
#include "tests/integration/ledger_sqlite/ledger_folder.h"

namespace gw::testing {
namespace {

namespace fs = std::filesystem;

int ModeOf(const std::string& path) {
  struct stat info = {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return static_cast<int>(info.st_mode & 0777);
}

// Whether the words are in any file of the folder.
bool AnywhereIn(const LedgerFolder& folder, const std::string& words) {
  for (const auto& [name, bytes] : folder.Contents()) {
    if (bytes.find(words) != std::string::npos) return true;
  }
  return false;
}

std::string EraseAnn(ledger::Store& store) {
  return Do(store, [](ledger::Rows& rows) { ledger::Erase(rows, "ann@example.com", "an admin"); });
}

TEST(SqliteFile, IsMadeWithItsFolderForItsOwnerAlone) {
  LedgerFolder folder;
  const mode_t mask = umask(0);
  const std::string path = folder.folder() + "/deep/down/ledger.db";
  const auto store = folder.Open({path, {}, Secret(), ""});
  umask(mask);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(Begin(**store, IntentFor("a")), "");
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    EXPECT_EQ(ModeOf(path + suffix), 0600) << suffix;
  }
  for (const auto& entry : fs::directory_iterator(folder.folder() + "/deep/down")) {
    EXPECT_EQ(entry.path().string().find(".new"), std::string::npos) << entry.path();
  }
}

TEST(SqliteFile, WhatAnUnfinishedMakingHasLeftIsInNobodysWay) {
  LedgerFolder folder;
  WriteBytes(folder.path() + ".new", "half a ledger");
  WriteBytes(folder.path() + ".new-journal", "and its journal");
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(Begin(**store, IntentFor("a")), "");
  EXPECT_FALSE(fs::exists(folder.path() + ".new"));
  EXPECT_FALSE(fs::exists(folder.path() + ".new-journal"));
}

TEST(SqliteFile, KeepsARowWithAllThatIsInIt) {
  LedgerFolder folder;
  const std::string email = std::string("\xC3\xA4nn\0e'\"%@example.com", 19);
  ledger::Row before, after;
  const auto find = [](ledger::Row& row) {
    return [&row](ledger::Rows& rows) { row = *rows.Find({"a caller", "an 'id'"}); };
  };
  {
    const auto store = folder.Open();
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_EQ(Begin(**store, IntentFor("an 'id'", email)), "");
    ASSERT_EQ(Settle(**store, "an 'id'"), "");
    ASSERT_EQ(Do(**store, find(before)), "");
  }
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(Do(**store, find(after)), "");
  EXPECT_EQ(after.candidate_email, email);
  EXPECT_EQ(after.email_key, before.email_key);
  EXPECT_EQ(after.examination_id, 7);
  EXPECT_EQ(after.state, ledger::State::kSucceeded);
  EXPECT_EQ(after.invite_id, 31);
  EXPECT_EQ(after.invite_link, "https://portal.example/invite/31");
  EXPECT_EQ(after.create_time, folder.clock.WallNow());
}

TEST(SqliteFile, IsAWriteAheadLogForOthersToReadBeside) {
  LedgerFolder folder;
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  OtherConnection reader(folder.path());
  EXPECT_EQ(reader.Ask("PRAGMA journal_mode"), "wal");
  reader.Ask("BEGIN; SELECT count(*) FROM allocations");
  EXPECT_EQ(Begin(**store, IntentFor("a")), "");
  EXPECT_EQ(reader.Ask("SELECT count(*) FROM allocations"), "0");
  reader.Ask("COMMIT");
  EXPECT_EQ(reader.Ask("SELECT count(*) FROM allocations"), "1");
}

TEST(SqliteFile, HoldsNothingOfSomebodyErased) {
  LedgerFolder folder;
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(Begin(**store, IntentFor("a")), "");
  ASSERT_EQ(Begin(**store, IntentFor("b", "bob@example.com")), "");
  ASSERT_EQ(Settle(**store, "a"), "");
  ASSERT_TRUE(AnywhereIn(folder, "ann@example.com"));
  ASSERT_TRUE(AnywhereIn(folder, "invite/31"));
  ASSERT_EQ(EraseAnn(**store), "");
  EXPECT_FALSE(AnywhereIn(folder, "ann@example.com"));
  EXPECT_FALSE(AnywhereIn(folder, "invite/31"));
  EXPECT_TRUE(AnywhereIn(folder, "bob@example.com"));
  EXPECT_EQ(StoryOf(**store, "a"), "SUCCEEDED 1: PENDING SUCCEEDED SUCCEEDED");
}

TEST(SqliteFile, HoldsNothingOfSomebodyErasedOnceNobodyReadsTheLogAnyMore) {
  LedgerFolder folder;
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(Begin(**store, IntentFor("a")), "");
  {
    OtherConnection reader(folder.path());
    reader.Ask("BEGIN; SELECT count(*) FROM allocations");
    ASSERT_EQ(EraseAnn(**store), "");
    reader.Ask("COMMIT");
  }
  ASSERT_EQ(Begin(**store, IntentFor("b", "bob@example.com")), "");
  EXPECT_FALSE(AnywhereIn(folder, "ann@example.com"));
}

TEST(SqliteFile, OverwritesWhatIsPrunedAndPrunesItsTrail) {
  LedgerFolder folder;
  {
    const auto store = folder.Open();
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_EQ(Begin(**store, IntentFor("a")), "");
    ASSERT_EQ(Settle(**store, "a"), "");
    int pruned = 0;
    ASSERT_EQ(
        Do(**store,
           [&](ledger::Rows& rows) { pruned = rows.Prune(rows.Now() + absl::Seconds(1), 10); }),
        "");
    ASSERT_EQ(pruned, 1);
  }
  EXPECT_EQ(OtherConnection(folder.path()).Ask("SELECT count(*) FROM allocation_events"), "0");
  EXPECT_FALSE(AnywhereIn(folder, "ann@example.com"));
}

// Whether a call of the erased candidate's is recognised after a restart with another key.
ledger::Begun::Kind AfterErasure(Secret key_before, Secret key_after) {
  LedgerFolder folder;
  {
    const auto store = folder.Open({"", {}, std::move(key_before), ""});
    EXPECT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(Begin(**store, IntentFor("a")), "");
    EXPECT_EQ(Settle(**store, "a"), "");
    EXPECT_EQ(EraseAnn(**store), "");
  }
  ledger::Begun begun;
  const auto store = folder.Open({"", {}, std::move(key_after), ""});
  EXPECT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(Begin(**store, IntentFor("a"), &begun), "");
  return begun.kind;
}

TEST(SqliteFile, KeepsTheKeyByWhichTheErasedAreRecognised) {
  EXPECT_EQ(AfterErasure(Secret(), Secret()), ledger::Begun::Kind::kExisting);
}

TEST(SqliteFile, RecognisesTheErasedByTheKeyThatIsGiven) {
  EXPECT_EQ(AfterErasure(Secret("sixteen bytes at least"), Secret("sixteen bytes at least")),
            ledger::Begun::Kind::kExisting);
  EXPECT_EQ(AfterErasure(Secret("sixteen bytes at least"), Secret("another key of its length")),
            ledger::Begun::Kind::kReused);
  EXPECT_EQ(AfterErasure(Secret("sixteen bytes at least"), Secret()), ledger::Begun::Kind::kReused);
}

TEST(SqliteFile, TwoFilesDoNotShareTheirKeys) {
  LedgerFolder folder;
  const std::string other = folder.folder() + "/other.db";
  for (const std::string& path : {folder.path(), other}) {
    EXPECT_EQ(folder.Open({path, {}, Secret(), ""}).status(), absl::OkStatus());
  }
  const std::string query = "SELECT hex(value) FROM meta WHERE key = 'hash_key'";
  const std::string key = OtherConnection(folder.path()).Ask(query);
  EXPECT_EQ(key.size(), 64U);
  EXPECT_NE(key, OtherConnection(other).Ask(query));
}

}  // namespace
}  // namespace gw::testing
