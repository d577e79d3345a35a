// The ledger's file: who may have it, and what is refused instead of being replaced.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/integration/gateway/allocations_fixture.h"

namespace gw::testing {
namespace {

using nlohmann::json;

class LedgerFile : public AllocationsTest {
 protected:
  // A gateway on the file that must not serve: what it says last.
  std::string Refusal(const std::string& ledger) {
    const std::string key = directory_.Write("refused-key", "a-good-key");
    const std::string file = directory_.Write(
        "refused.yaml", "grpc: {listen: \"127.0.0.1:0\"}\nadmin: {listen: \"127.0.0.1:0\"}\n" +
                            ("concero: {base_url: \"http://127.0.0.1:1\", api_key_file: \"" + key) +
                            "\"}\nledger: {" + ledger + "}\n");
    Process process({PROGRAMS "/concero-gateway", "--config", file}, directory_.path());
    EXPECT_EQ(process.Wait(), 1);
    EXPECT_EQ(process.out(), "");
    const std::string err = process.err();
    const size_t last = err.rfind("concero-gateway: ");
    return last == std::string::npos ? err : err.substr(last);
  }
  std::string Refusal() { return Refusal("sqlite: {path: \"" + LedgerPath() + "\"}"); }

  // A ledger with a row in it, closed.
  void MakeLedger() {
    Start();
    ASSERT_EQ(Allocate("r-1").what(), "OK");
    Stop();
    ASSERT_GT(std::filesystem::file_size(LedgerPath()), 4096u);
  }
  void Overwrite(std::streamoff at, const std::string& bytes) {
    std::fstream file(LedgerPath(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << bytes;
  }
  void ExpectRefusedAndLeftAsItIs(const std::string& why) {
    const std::string before = ReadFile(LedgerPath());
    const std::string refusal = Refusal();
    EXPECT_NE(refusal.find("ledger.sqlite.path: "), std::string::npos) << refusal;
    EXPECT_NE(refusal.find(LedgerPath()), std::string::npos) << refusal;
    EXPECT_NE(refusal.find(why), std::string::npos) << refusal;
    EXPECT_TRUE(ReadFile(LedgerPath()) == before) << "it was changed";
  }
};

TEST_F(LedgerFile, IsMadeWithItsFolderForItsOwnerAlone) {
  const std::string path = directory_.path() + "/a/b/ledger.db";
  Start({.ledger = "sqlite: {path: \"" + path + "\"}"});
  ASSERT_EQ(Allocate("r-1").what(), "OK");
  struct stat status {};
  for (const char* suffix : {"", "-wal"}) {
    ASSERT_EQ(stat((path + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
  EXPECT_EQ(gateway_->Logged("ledger_made").size(), 1u);
}

TEST_F(LedgerFile, ThatWasNoDatabaseIsRefused) {
  directory_.Write("ledger.db", "this is no database " + std::string(8192, 'x'));
  ExpectRefusedAndLeftAsItIs("is damaged, or not a database");
}

TEST_F(LedgerFile, ThatIsEmptyIsRefused) {
  directory_.Write("ledger.db", "");
  ExpectRefusedAndLeftAsItIs("is empty");
}

TEST_F(LedgerFile, ThatIsAFolderIsRefused) {
  std::filesystem::create_directory(LedgerPath());
  EXPECT_NE(Refusal().find(LedgerPath()), std::string::npos);
}

TEST_F(LedgerFile, OfSomebodyElseIsRefused) {
  MakeLedger();
  Overwrite(68, std::string(4, '\0'));  // the application's id
  ExpectRefusedAndLeftAsItIs("is a database, but not a ledger of concero-gateway");
}

TEST_F(LedgerFile, OfALaterVersionIsRefused) {
  MakeLedger();
  Overwrite(60, std::string("\0\0\x27\x0f", 4));  // the version of the schema
  ExpectRefusedAndLeftAsItIs("has schema version 9999");
}

TEST_F(LedgerFile, ThatIsDamagedInTheMiddleIsRefused) {
  MakeLedger();
  Overwrite(4096, std::string(4096, '\x5a'));
  ExpectRefusedAndLeftAsItIs("is damaged");
}

TEST_F(LedgerFile, ThatIsGoneButForItsLogIsRefused) {
  Start();
  ASSERT_EQ(Allocate("r-1").what(), "OK");
  Kill();  // which leaves the log
  std::filesystem::remove(LedgerPath());
  const std::string refusal = Refusal();
  EXPECT_NE(refusal.find(LedgerPath()), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("-wal"), std::string::npos) << refusal;
  EXPECT_FALSE(std::filesystem::exists(LedgerPath()));
}

TEST_F(LedgerFile, IsOneGatewaysAtATime) {
  Start();
  const std::string refusal =
      Refusal("sqlite: {path: \"" + LedgerPath() + "\", lock_timeout: 100ms}");
  EXPECT_NE(refusal.find(LedgerPath()), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("locked by process " + std::to_string(gateway_->pid())), std::string::npos)
      << refusal;
  EXPECT_EQ(Allocate("r-1").what(), "OK") << "the first one goes on";

  // By another name it is the same file.
  const std::string link = directory_.path() + "/link.db";
  std::filesystem::create_symlink(LedgerPath(), link);
  EXPECT_NE(Refusal("sqlite: {path: \"" + link + "\", lock_timeout: 100ms}").find("locked by"),
            std::string::npos);
}

TEST_F(LedgerFile, IsWaitedForUntilTheOtherHasEnded) {
  Start();
  ASSERT_EQ(Allocate("r-1").what(), "OK");
  const std::unique_ptr<GatewayProcess> first = std::move(gateway_);
  // The second one is ready as soon as the first one has ended, and not before.
  auto ended = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return first->process().Stop();
  });
  Start({.ledger = "sqlite: {path: \"" + LedgerPath() + "\", lock_timeout: 5m}"});
  EXPECT_TRUE(Allocate("r-1").response.replayed());
  EXPECT_EQ(ended.get(), 0);
}

TEST_F(LedgerFile, IsAComponentAndHasItsMetrics) {
  Start();
  ASSERT_EQ(Allocate("r-1").what(), "OK");
  PutInDoubt("r-2");
  EXPECT_EQ(gateway_->Health("ledger"), "SERVING");
  EXPECT_EQ(gateway_->Health("concero.v1.AllocationService"), "SERVING");
  const json ready = json::parse(Http("GET", gateway_->admin("/readyz")).body);
  EXPECT_EQ(ready.at("components").at("ledger").at("status"), "ok") << ready;
  const auto rows = [&](const std::string& state) {
    return gateway_->Metric("gateway_ledger_rows{state=\"" + state + "\"}");
  };
  while (rows("SUCCEEDED") != 1 || rows("IN_DOUBT") != 1) std::this_thread::yield();
  EXPECT_EQ(rows("PENDING"), 0);
  EXPECT_EQ(rows("ABANDONED"), 0);
  EXPECT_EQ(gateway_->Metric("gateway_ledger_owed"), 0);
  EXPECT_EQ(gateway_->Metric("gateway_ledger_contradictions_total"), 0);
  EXPECT_GE(gateway_->Metric("gateway_ledger_commits_total"), 4);
  EXPECT_GE(gateway_->Metric("gateway_ledger_operations_total"), 4);
}

}  // namespace
}  // namespace gw::testing
