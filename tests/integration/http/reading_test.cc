// How a large answer is read: bit by bit, so that others have their turn, and whole in the end.
#include <gtest/gtest.h>

#include <algorithm>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/byte_budget.h"
#include "service/http/reading_turn.h"
#include "tests/integration/http/tls_fixture.h"

namespace gw::testing {
namespace {

using http::ErrorKind;

constexpr size_t kLarge = size_t{4} << 20;
// What libcurl hands over at a time, 16 KiB, is kept before a transfer is paused.
constexpr size_t kAtMost = http::ReadingTurn::kBytes + (size_t{16} << 10);

// No stretch of it is like another.
std::string LargeBody() {
  std::string body;
  while (body.size() < kLarge) absl::StrAppend(&body, body.size(), ",");
  return body;
}

// A loop whose turns are the test's to give.
class Reading : public ::testing::Test {
 protected:
  ~Reading() override {
    loop_->Stop();
    loop_->Turn();
  }

  void Serve(ScriptedServer::Script script, const ScriptedServer::Options& options = {}) {
    server_ = std::make_unique<ScriptedServer>(std::move(script), options);
    loop_ =
        std::make_unique<http::CurlLoop>(OptionsFor(*server_), resolver_, SystemClock(), &memory_);
  }
  void ServeLarge(const ScriptedServer::Options& options = {}) {
    Serve(
        [this](ServerConnection& connection) {
          while (connection.Read()) connection.Answer(200, body_);
        },
        options);
  }

  /// The most that was read in one turn.
  size_t TurnUntilAllIsComplete(size_t count) {
    size_t most = 0;
    while (outcomes_.completed() < count) most = std::max(most, ReadInATurn());
    return most;
  }
  size_t ReadInATurn() {
    const size_t before = memory_.held();
    if (!loop_->Turn()) std::this_thread::yield();
    return std::max(memory_.held(), before) - before;
  }
  /// Reads one that is read whatever the others hold. What its text has room for in the end.
  size_t CapacityOfOneShot() {
    size_t capacity = 0;
    http::Request request = Get("/");
    request.one_shot = true;
    loop_->Start(std::move(request), [&](const http::Outcome& outcome) {
      EXPECT_TRUE(AsResponse(outcome).body == body_);
      capacity = AsResponse(outcome).body.capacity();
    });
    while (capacity == 0) ReadInATurn();
    return capacity;
  }
  const http::Response& Answer(size_t index) { return AsResponse(all_[index].at(0)); }
  void Take() { all_ = outcomes_.all(); }

  const std::string body_ = LargeBody();
  ByteBudget memory_{16 * kLarge};
  http::CachingResolver resolver_{SystemClock(), &http::SystemLookup};
  Outcomes outcomes_;
  std::vector<std::vector<http::Outcome>> all_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<http::CurlLoop> loop_;
};

TEST_F(Reading, IsDoneBitByBitAndLosesNothing) {
  ServeLarge();
  loop_->Start(Get("/"), outcomes_.Expect());
  const size_t most = TurnUntilAllIsComplete(1);
  Take();
  EXPECT_TRUE(Answer(0).body == body_);
  EXPECT_LE(most, kAtMost);
}

TEST_F(Reading, OverTlsIsNoDifferent) {
  ServeLarge(OverTls());
  loop_->Start(Get("/"), outcomes_.Expect());
  const size_t most = TurnUntilAllIsComplete(1);
  Take();
  EXPECT_TRUE(Answer(0).body == body_);
  EXPECT_LE(most, kAtMost);
}

TEST_F(Reading, OfSeveralSharesATurn) {
  constexpr size_t kTransfers = 4;
  ServeLarge();
  for (size_t i = 0; i < kTransfers; ++i) loop_->Start(Get("/"), outcomes_.Expect());
  const size_t most = TurnUntilAllIsComplete(kTransfers);
  Take();
  for (size_t i = 0; i < kTransfers; ++i) EXPECT_TRUE(Answer(i).body == body_) << i;
  // Who finds the turn used up has read once before it is paused.
  EXPECT_LE(most, kAtMost + kTransfers * (size_t{16} << 10));
}

TEST_F(Reading, OfAnAnswerOfNoToldLengthEndsWithItsConnection) {
  Serve([this](ServerConnection& connection) {
    if (!connection.Read()) return;
    connection.Write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    connection.Write(body_);
    connection.Close();
  });
  loop_->Start(Get("/"), outcomes_.Expect());
  const size_t most = TurnUntilAllIsComplete(1);
  Take();
  EXPECT_TRUE(Answer(0).body == body_);
  EXPECT_LE(most, kAtMost);
}

TEST_F(Reading, ThatIsGivenUpHalfwayIsInNobodysWay) {
  Serve([this](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(200, connection.index() == 0 ? body_ : "small");
  });
  std::stop_source cancel;
  http::Request request = Get("/");
  request.cancel = cancel.get_token();
  loop_->Start(std::move(request), outcomes_.Expect());
  while (memory_.held() < http::ReadingTurn::kBytes) ReadInATurn();  // it is paused now
  cancel.request_stop();
  TurnUntilAllIsComplete(1);
  EXPECT_EQ(memory_.held(), 0U);
  // The very handle is used again.
  loop_->Start(Get("/"), outcomes_.Expect());
  TurnUntilAllIsComplete(2);
  Take();
  EXPECT_EQ(AsError(all_[0].at(0)).kind, ErrorKind::kCancelled);
  EXPECT_EQ(Answer(1).body, "small");
}

TEST_F(Reading, HasRoomForAllOfItAtOnce) {
  ServeLarge();
  EXPECT_EQ(CapacityOfOneShot(), body_.size());
}

TEST_F(Reading, GetsNoMoreRoomAtOnceThanIsLeft) {
  ServeLarge();
  ASSERT_TRUE(memory_.Take(memory_.left() - kLarge / 2));
  // It outgrew what it had at first.
  EXPECT_GT(CapacityOfOneShot(), body_.size());
}

TEST_F(Reading, BeyondTheLimitIsRefusedAsEver) {
  Serve([this](ServerConnection& connection) {
    if (!connection.Read()) return;
    connection.Write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    connection.Write(body_);
  });
  http::UpstreamOptions options = OptionsFor(*server_);
  options.max_response_bytes = kLarge / 2;
  loop_ = std::make_unique<http::CurlLoop>(options, resolver_, SystemClock(), &memory_);
  loop_->Start(Get("/"), outcomes_.Expect());
  TurnUntilAllIsComplete(1);
  Take();
  EXPECT_EQ(AsError(all_[0].at(0)).kind, ErrorKind::kTooLarge);
  EXPECT_EQ(memory_.held(), 0U);
}

// Chunks smaller than what libcurl reads at a time are handed over one by one: when one of them
// uses the turn up, the others are kept, and refused when the transfer goes on.
TEST_F(Reading, BeyondTheLimitIsRefusedAlsoInWhatWasKept) {
  constexpr size_t kChunk = 4096;
  Serve([](ServerConnection& connection) {
    if (!connection.Read()) return;
    std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (size_t sent = 0; sent < 4 * http::ReadingTurn::kBytes; sent += kChunk) {
      absl::StrAppend(&answer, "1000\r\n", std::string(kChunk, 'x'), "\r\n");
    }
    connection.Write(answer);
    connection.Read();
  });
  http::UpstreamOptions options = OptionsFor(*server_);
  options.max_response_bytes = http::ReadingTurn::kBytes + kChunk / 2;
  loop_ = std::make_unique<http::CurlLoop>(options, resolver_, SystemClock(), &memory_);
  // Until enough of it is there for a whole turn.
  size_t started = 0;
  for (bool is_paused = false; !is_paused;) {
    loop_->Start(Get("/"), outcomes_.Expect());
    ++started;
    while (!is_paused && outcomes_.completed() < started) {
      is_paused = ReadInATurn() >= http::ReadingTurn::kBytes;
    }
  }
  ReadInATurn();
  ASSERT_EQ(outcomes_.completed(), started);  // not when something else wakes it, or too late
  Take();
  EXPECT_EQ(AsError(all_.back().at(0)).kind, ErrorKind::kTooLarge);
  EXPECT_EQ(memory_.held(), 0U);
}

}  // namespace
}  // namespace gw::testing
