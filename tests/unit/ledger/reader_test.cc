// What looks at the rows beside the writes (reader.h).
#include "service/ledger/reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/captured_log.h"
#include "tests/support/failures.h"
#include "tests/support/fakes.h"
#include "tests/support/memory_store.h"

namespace gw::testing {
namespace {

class ReaderTest : public ::testing::Test {
 protected:
  static constexpr size_t kQueued = 2;

  std::future<absl::Status> Read() {
    auto promise = std::make_shared<std::promise<absl::Status>>();
    reader_->Read([this](ledger::Rows&) { ++ran_; },
                  [promise](const absl::Status& status) { promise->set_value(status); });
    return promise->get_future();
  }

  CapturedLog log_;
  FakeClock clock_;
  MemoryStore store_{clock_};
  ledger::Completions completions_;
  std::unique_ptr<ledger::Reader> reader_ =
      std::make_unique<ledger::Reader>(store_, completions_, kQueued);
  std::atomic<int> ran_ = 0;
};

TEST_F(ReaderTest, RefusesAtOnceWhatIsBeyondItsBound) {
  store_.Hold();
  std::vector<std::future<absl::Status>> well;
  well.push_back(Read());
  store_.WaitForHeld();
  for (size_t i = 0; i < kQueued; ++i) well.push_back(Read());
  auto refused = Read();
  const bool at_once = refused.wait_for(std::chrono::seconds(60)) == std::future_status::ready;
  store_.LetGo();
  ASSERT_TRUE(at_once);
  EXPECT_EQ(CodeAndReason(refused.get()), "RESOURCE_EXHAUSTED OVERLOADED");
  for (auto& status : well) EXPECT_TRUE(status.get().ok());
  EXPECT_EQ(ran_, 3);
}

TEST_F(ReaderTest, TellsThatTheStoreIsAwayAndGoesOnWhenItIsBack) {
  store_.FailWith({"away, says the store"});
  EXPECT_EQ(CodeAndReason(Read().get()), "UNAVAILABLE LEDGER_UNAVAILABLE");
  const auto lines = log_.Take();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["event"], "ledger_not_read");
  EXPECT_EQ(lines[0]["problem"], "away, says the store");
  store_.Recover();
  EXPECT_TRUE(Read().get().ok());
  EXPECT_EQ(ran_, 1);
}

TEST_F(ReaderTest, RunsWhatIsQueuedBeforeItEnds) {
  store_.Hold();
  auto first = Read();
  store_.WaitForHeld();
  auto second = Read();
  std::thread end([this] { reader_.reset(); });
  store_.LetGo();
  end.join();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(second.get().ok());
  EXPECT_EQ(ran_, 2);
}

}  // namespace
}  // namespace gw::testing
