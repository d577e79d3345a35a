// Files that are not a whole ledger of ours: refused by name, and left as they are.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "tests/integration/ledger_sqlite/ledger_folder.h"

namespace gw::testing {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPage = 4096;

// A closed ledger of some pages.
void MakeLedger(LedgerFolder& folder) {
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  for (int i = 0; i < 60; ++i) {
    const std::string id = "id " + std::to_string(i);
    ASSERT_EQ(Begin(**store, IntentFor(id, id + "@example.com")), "");
    ASSERT_EQ(Settle(**store, id), "");
  }
}

// As MakeLedger, but as a crash leaves it: with what was written last in the log alone.
void MakeCrashed(LedgerFolder& folder) {
  LedgerFolder living;
  MakeLedger(living);
  const auto store = living.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(Begin(**store, IntentFor("the last")), "");
  living.CopyTo(folder);
  ASSERT_GT(fs::file_size(folder.path() + "-wal"), 0U);
}

void ExpectRefused(LedgerFolder& folder, const std::string& word) {
  const auto before = folder.Contents();
  const absl::Status status = folder.Open().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_TRUE(absl::StartsWith(status.message(), folder.path())) << status;
  EXPECT_NE(status.message().find(word), std::string::npos) << status;
  EXPECT_EQ(before == folder.Contents(), true) << "a refused file is left as it is";
}

void Truncate(LedgerFolder& folder, size_t size) {
  MakeLedger(folder);
  ASSERT_GT(fs::file_size(folder.path()), size);
  fs::resize_file(folder.path(), size);
}

void Version(LedgerFolder& folder, int version) {
  MakeLedger(folder);
  OtherConnection(folder.path()).Ask("PRAGMA user_version = " + std::to_string(version));
}

struct Damage {
  std::string name;
  std::function<void(LedgerFolder&)> make;
  std::string word;  // of the refusal
};

class DamagedLedger : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedLedger, IsRefusedByNameAndLeftAsItIs) {
  LedgerFolder folder;
  GetParam().make(folder);
  ExpectRefused(folder, GetParam().word);
  ExpectRefused(folder, GetParam().word);  // nor does a refusal mend it
}

INSTANTIATE_TEST_SUITE_P(
    Damages, DamagedLedger,
    ::testing::Values(
        Damage{"NoBytes", [](auto& f) { WriteBytes(f.path(), ""); }, "is empty or cut off"},
        Damage{"Garbage", [](auto& f) { WriteBytes(f.path(), std::string(65536, 'x')); },
               "not a database"},
        Damage{"ShortGarbage", [](auto& f) { WriteBytes(f.path(), "ledger"); }, "cut off"},
        Damage{"CutWithinAPage", [](auto& f) { Truncate(f, 5 * kPage + 100); }, "damaged"},
        Damage{"CutAtAPage", [](auto& f) { Truncate(f, 5 * kPage); }, "damaged"},
        Damage{"CutWithinTheHeader", [](auto& f) { Truncate(f, 60); }, "cut off"},
        Damage{"SomebodyElsesDatabase",
               [](auto& f) { OtherConnection(f.path()).Ask("CREATE TABLE allocations (a)"); },
               "not a ledger"},
        Damage{"ANewerVersion", [](auto& f) { Version(f, 3); }, "version 3"},
        Damage{"NoVersion", [](auto& f) { Version(f, 0); }, "version 0"},
        Damage{"ANegativeVersion", [](auto& f) { Version(f, -1); }, "version -1"},
        Damage{"ItsLogWithoutIt",
               [](auto& f) {
                 MakeCrashed(f);
                 fs::remove(f.path());
               },
               "-wal"},
        Damage{"CrashedAndCut",
               [](auto& f) {
                 MakeCrashed(f);
                 fs::resize_file(f.path(), 5 * kPage);
               },
               "damaged"},
        Damage{"CrashedAndOfANewerVersion",
               [](auto& f) {
                 LedgerFolder living;
                 MakeLedger(living);
                 OtherConnection newer(living.path());
                 newer.Ask("PRAGMA user_version = 3");
                 living.CopyTo(f);
               },
               "version 3"},
        Damage{"AFolder", [](auto& f) { fs::create_directory(f.path()); }, "not a file"}),
    [](const auto& test) { return test.param.name; });

TEST(DamagedLedgers, GarbageInAnyOnePageIsFound) {
  LedgerFolder made;
  MakeLedger(made);
  const std::string whole = BytesOf(made.path());
  ASSERT_GE(whole.size(), 8 * kPage);
  for (size_t page = 0; page < whole.size() / kPage; ++page) {
    SCOPED_TRACE(page);
    LedgerFolder folder;
    std::string bytes = whole;
    bytes.replace(page * kPage, kPage, std::string(kPage, '\xA5'));
    WriteBytes(folder.path(), bytes);
    ExpectRefused(folder, "damaged");
  }
}

TEST(DamagedLedgers, AreNotRefusedForACrashAlone) {
  LedgerFolder folder;
  MakeCrashed(folder);
  const auto store = folder.Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(StoryOf(**store, "id 59"), "SUCCEEDED 1: PENDING SUCCEEDED");
  EXPECT_EQ(StoryOf(**store, "the last"), "IN_DOUBT 1: PENDING IN_DOUBT");
}

TEST(DamagedLedgers, AFolderThatCannotBeMadeIsNamed) {
  LedgerFolder folder;
  WriteBytes(folder.folder() + "/file", "");
  const std::string path = folder.folder() + "/file/ledger.db";
  const absl::Status status = folder.Open({path, {}, Secret(), ""}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StartsWith(status.message(), path)) << status;
}

// As somebody whom permissions concern: root may write anywhere.
TEST(DamagedLedgers, AFolderThatMayNotBeWrittenIsARefusalThatNamesTheFile) {
  LedgerFolder folder;
  ASSERT_EQ(chmod(folder.folder().c_str(), 0555), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setuid(65534) != 0) _exit(2);
    const absl::Status status = folder.Open().status();
    _exit(absl::IsFailedPrecondition(status) && absl::StartsWith(status.message(), folder.path())
              ? 0
              : 1);
  }
  int result = -1;
  waitpid(child, &result, 0);
  EXPECT_EQ(result, 0);
  EXPECT_TRUE(fs::is_empty(folder.folder()));
  ASSERT_EQ(chmod(folder.folder().c_str(), 0755), 0);
}

}  // namespace
}  // namespace gw::testing
