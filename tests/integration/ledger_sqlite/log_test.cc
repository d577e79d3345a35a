// The write-ahead log: what a crash leaves is taken, what was damaged or lost is not passed over.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/integration/ledger_sqlite/ledger_folder.h"

namespace gw::testing {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHead = 32;
constexpr size_t kFrame = 24 + 4096;

// Of a young ledger with ten commits, all of them in the log, as kill -9 leaves it.
class CrashedLog : public ::testing::Test {
 protected:
  CrashedLog() {
    LedgerFolder living;
    const auto store = living.Open();
    EXPECT_TRUE(store.ok()) << store.status();
    for (const char* id : {"a", "b", "c", "d", "e"}) {
      EXPECT_EQ(Begin(**store, IntentFor(id)), "");
      EXPECT_EQ(Settle(**store, id), "");
    }
    living.CopyTo(folder_);
    WriteBytes(folder_.path() + ".lock", BytesOf(living.path() + ".lock"));
    EXPECT_GT(fs::file_size(log()), kHead + 10 * kFrame);
  }
  std::string log() const { return folder_.path() + "-wal"; }

  void Flip(size_t at) {
    std::string bytes = BytesOf(log());
    bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
    WriteBytes(log(), bytes);
  }
  void ExpectRefused() {
    const auto before = folder_.Contents();
    const absl::Status status = folder_.Open().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_NE(status.message().find(log()), std::string::npos) << status;
    EXPECT_EQ(before == folder_.Contents(), true) << "what is refused is left as it is";
  }
  void ExpectAllThere() {
    const auto store = folder_.Open();
    ASSERT_TRUE(store.ok()) << store.status();
    for (const char* id : {"a", "b", "c", "d", "e"}) {
      EXPECT_EQ(StoryOf(**store, id), "SUCCEEDED 1: PENDING SUCCEEDED") << id;
    }
  }

  LedgerFolder folder_;
};

TEST_F(CrashedLog, IsTaken) { ExpectAllThere(); }

TEST_F(CrashedLog, WhoseLastFrameWasNeverFinishedIsTaken) {
  std::string bytes = BytesOf(log());
  WriteBytes(log(), bytes + bytes.substr(kHead, 100));
  ExpectAllThere();
}

TEST_F(CrashedLog, WhoseHeadIsDamagedIsRefused) {
  for (const size_t at : {0, 9, 17, 27}) {
    Flip(at);
    ExpectRefused();
    Flip(at);
  }
  ExpectAllThere();
}

TEST_F(CrashedLog, WithADamagedFrameBeforeOthersIsRefused) {
  for (const size_t at : {kHead, kHead + 9, kHead + 17, kHead + 24, kHead + 2 * kFrame + 1000}) {
    Flip(at);
    ExpectRefused();
    Flip(at);
  }
  ExpectAllThere();
}

TEST_F(CrashedLog, OfZerosIsRefused) {
  WriteBytes(log(), std::string(fs::file_size(log()), '\0'));
  ExpectRefused();
}

TEST_F(CrashedLog, ThatIsEmptyOrGoneIsRefused) {
  const std::string bytes = BytesOf(log());
  WriteBytes(log(), "");
  ExpectRefused();
  fs::remove(log());
  ExpectRefused();
  WriteBytes(log(), bytes);
  ExpectAllThere();
}

TEST_F(CrashedLog, ThatSomebodyHasWrittenIntoTheFileIsNotMissed) {
  { OtherConnection(folder_.path()).Ask("SELECT count(*) FROM allocations"); }
  ASSERT_FALSE(fs::exists(log())) << "SQLite does so when the last connection closes";
  ExpectAllThere();
}

TEST_F(CrashedLog, IsNotMissedBesideABackup) {
  fs::remove(log());
  fs::remove(folder_.path() + ".lock");
  EXPECT_TRUE(folder_.Open().ok());
}

TEST_F(CrashedLog, WithoutItsFileIsRefusedAlsoWhenItIsEmpty) {
  fs::remove(folder_.path());
  WriteBytes(log(), "");
  const absl::Status status = folder_.Open().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_FALSE(fs::exists(folder_.path()));
}

TEST(SqliteLog, ALedgerThatWasClosedInOrderNeedsNone) {
  LedgerFolder folder;
  {
    const auto store = folder.Open();
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_EQ(Begin(**store, IntentFor("a")), "");
  }
  EXPECT_FALSE(fs::exists(folder.path() + "-wal"));
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(StoryOf(**store, "a"), "IN_DOUBT 1: PENDING IN_DOUBT");
}

TEST(SqliteFiles, WhatIsRemovedWhileItIsInUseIsNoticed) {
  for (const char* suffix : {"", ".lock"}) {
    LedgerFolder folder;
    const auto store = folder.Open();
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_EQ(Begin(**store, IntentFor("a")), "");
    fs::remove(folder.path() + suffix);
    EXPECT_NE(Begin(**store, IntentFor("b")), "") << suffix;
  }
}

TEST(SqliteFiles, ALinkToWhereThereIsNothingYetIsFollowed) {
  LedgerFolder folder, volume;
  fs::create_symlink(volume.path(), folder.path());
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE(fs::is_symlink(folder.path()));
  EXPECT_TRUE(fs::exists(volume.path()));
  EXPECT_FALSE(volume.Open().ok()) << "it is the same file";
}

}  // namespace
}  // namespace gw::testing
