// One process at a time has the file.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/integration/ledger_sqlite/ledger_folder.h"

namespace gw::testing {
namespace {

using ::testing::Test;
namespace fs = std::filesystem;

absl::StatusOr<std::unique_ptr<ledger::Store>> OpenWithin(absl::Duration patience,
                                                          const std::string& path) {
  static FakeClock clock;
  return ledger::SqliteStore::Open({path, patience, Secret(), ""}, clock, SystemRandom());
}

// A process that has the ledger, and does nothing more.
class Holder {
 public:
  explicit Holder(LedgerFolder& folder, const std::string& begun_id = "") {
    int ready[2];
    if (pipe(ready) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      const auto store = folder.Open();
      const bool fine =
          store.ok() && (begun_id.empty() || Begin(**store, IntentFor(begun_id)).empty());
      if (write(ready[1], fine ? "y" : "n", 1) != 1) _exit(1);
      while (true) pause();
    }
    close(ready[1]);
    char answer = 'n';
    holds_ = read(ready[0], &answer, 1) == 1 && answer == 'y';
    close(ready[0]);
  }
  ~Holder() { Kill(); }

  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  pid_t pid() const { return pid_; }
  bool holds() const { return holds_; }

 private:
  pid_t pid_ = -1;
  bool holds_ = false;
};

TEST(SqliteLock, ASecondOpenWaitsForItsTimeAndRefusesNamingTheFile) {
  LedgerFolder folder;
  const auto first = folder.Open();
  ASSERT_TRUE(first.ok()) << first.status();
  const auto began = std::chrono::steady_clock::now();
  const auto second = OpenWithin(absl::Milliseconds(200), folder.path());
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(200));
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StartsWith(second.status().message(), folder.path())) << second.status();
}

TEST(SqliteLock, ASecondOpenThatStillWaitsHasItWhenTheFirstLetsGo) {
  LedgerFolder folder;
  auto first = folder.Open();
  ASSERT_TRUE(first.ok()) << first.status();
  absl::Status status;
  std::thread waiting([&] { status = OpenWithin(absl::Minutes(5), folder.path()).status(); });
  first->reset();
  waiting.join();
  EXPECT_EQ(status, absl::OkStatus());
}

TEST(SqliteLock, NamesTheProcessThatHoldsItAndIsFreeAfterItsDeath) {
  LedgerFolder folder;
  Holder holder(folder);
  ASSERT_TRUE(holder.holds());
  const absl::Status refused = folder.Open().status();
  EXPECT_NE(refused.message().find("process " + std::to_string(holder.pid()) + ","),
            std::string::npos)
      << refused;
  holder.Kill();
  EXPECT_EQ(folder.Open().status(), absl::OkStatus());
}

TEST(SqliteLock, TwoNamesOfOneFileAreOneLock) {
  LedgerFolder folder;
  const auto first = folder.Open();
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string to_file = folder.folder() + "/other.db";
  fs::create_symlink("ledger.db", to_file);
  fs::create_directory_symlink(".", folder.folder() + "/there");
  for (const std::string& path : {to_file, folder.folder() + "/there/ledger.db"}) {
    const absl::Status status = OpenWithin(absl::ZeroDuration(), path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << path;
    EXPECT_NE(status.message().find("is locked by"), std::string::npos) << status;
  }
}

TEST(SqliteLock, TwoFilesInOneFolderHaveTwo) {
  LedgerFolder folder;
  const auto first = folder.Open();
  EXPECT_EQ(OpenWithin(absl::ZeroDuration(), folder.folder() + "/second.db").status(),
            absl::OkStatus());
}

TEST(SqliteLock, ARefusedSecondOpenDoesNotTouchWhatTheFirstHasBegun) {
  LedgerFolder folder;
  const auto first = folder.Open();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(Begin(**first, IntentFor("a")), "");
  EXPECT_FALSE(folder.Open().ok());
  EXPECT_EQ(StoryOf(**first, "a"), "PENDING 1: PENDING");
}

TEST(SqliteOrphans, WhatADeadProcessHasBegunIsInDoubtAndItsTrailSaysWhy) {
  LedgerFolder folder;
  Holder holder(folder, "a");
  ASSERT_TRUE(holder.holds());
  holder.Kill();
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(StoryOf(**store, "a"), "IN_DOUBT 1: PENDING IN_DOUBT");
  ledger::Event last;
  EXPECT_EQ(Do(**store,
               [&](ledger::Rows& rows) {
                 last = rows.Events(rows.Find({"a caller", "a"})->seq).back();
               }),
            "");
  EXPECT_EQ(last.actor, "gateway");
  EXPECT_EQ(last.note, "the gateway that sent it has stopped");
}

TEST(SqliteOrphans, AreInDoubtHoweverManyThereAre) {
  LedgerFolder folder, after;
  {
    const auto store = folder.Open();
    ASSERT_TRUE(store.ok()) << store.status();
    std::vector<ledger::Work> works;
    for (int i = 0; i < 2500; ++i) {
      ledger::Intent intent = IntentFor(std::to_string(i));
      intent.owner = (*store)->OwnerId();
      works.emplace_back(ledger::BeginWork{std::move(intent), {}});
    }
    ASSERT_EQ((*store)->Run(absl::MakeSpan(works)), std::nullopt);
    folder.CopyTo(after);
  }
  const auto store = after.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  std::map<ledger::State, int64_t> counts;
  EXPECT_EQ(Do(**store, [&](ledger::Rows& rows) { counts = rows.Count(); }), "");
  EXPECT_EQ(counts[ledger::State::kInDoubt], 2500);
  EXPECT_EQ(counts[ledger::State::kPending], 0);
}

}  // namespace
}  // namespace gw::testing
