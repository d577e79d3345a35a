// How many connections are opened at once.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stop_token>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/http/engine_fixture.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using http::ErrorKind;
using http::Phase;

constexpr int kMost = http::CurlLoop::kMaxOpening;

// Accepts connections, and leaves whoever wants to speak TLS on them without an answer until it is
// told to let them go; then it cuts them off.
struct StallingServer {
  std::atomic<bool> let_go{false};
  std::atomic<int> open{0}, most{0};
  ScriptedServer server{[this](ServerConnection& connection) {
    const int now = ++open;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    connection.AwaitBytes();
    let_go.wait(false);
    --open;
    connection.Cut();
  }};

  ~StallingServer() { LetGo(); }
  void LetGo() {
    let_go = true;
    let_go.notify_all();
  }
  // Of an upstream over TLS, with all the time in the world.
  http::UpstreamOptions Options() const {
    const int port = server.port();
    http::UpstreamOptions options = OptionsFor(absl::StrCat("https://127.0.0.1:", port), port);
    options.timeout = absl::Hours(1);
    options.connect_timeout = absl::Hours(1);
    return options;
  }
};

TEST(Opening, IsForSoManyConnectionsAtOnceAndTheNextWaitTheirTurn) {
  constexpr int kRequests = 3 * kMost;
  StallingServer stalling;
  Engine engine(stalling.Options());
  Outcomes outcomes;
  std::vector<std::stop_source> cancels(kRequests);
  for (int i = 0; i < kRequests; ++i) {
    http::Request request = Get("/");
    request.cancel = cancels[static_cast<size_t>(i)].get_token();
    engine.loop().Start(std::move(request), outcomes.Expect());
  }
  // One that waits can be cancelled. Twice: by the second time the loop has been through a whole
  // turn with all of them.
  for (size_t cancelled = 1; cancelled <= 2; ++cancelled) {
    cancels[kRequests - cancelled].request_stop();
    while (outcomes.completed() < cancelled) std::this_thread::yield();
  }
  EXPECT_EQ(engine.loop().counts().opened, uint64_t{kMost});
  // One that is being opened makes room when it is cancelled.
  cancels[0].request_stop();
  while (engine.loop().counts().opened < uint64_t{kMost} + 1) std::this_thread::yield();
  EXPECT_EQ(outcomes.completed(), 3u);

  stalling.LetGo();
  outcomes.Await();
  EXPECT_EQ(engine.loop().counts().opened, uint64_t{kRequests - 2});
  // The one that was cancelled may not have been seen to leave yet.
  EXPECT_LE(stalling.most, kMost + 1);
  const auto all = outcomes.all();
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].size(), 1u);
    const bool cancelled = i == 0 || i >= kRequests - 2;
    EXPECT_EQ(AsError(all[i][0]).kind, cancelled ? ErrorKind::kCancelled : ErrorKind::kConnect);
    EXPECT_EQ(AsError(all[i][0]).phase, Phase::kNotConnected);
  }
}

TEST(Opening, ThatNeverEndsIsEndedByAStopAndSoIsWhatWaitsForIt) {
  StallingServer stalling;
  Engine engine(stalling.Options());
  Outcomes outcomes;
  for (int i = 0; i < kMost + 10; ++i) engine.loop().Start(Get("/"), outcomes.Expect());
  while (engine.loop().counts().opened < uint64_t{kMost}) std::this_thread::yield();
  engine.Stop();
  EXPECT_EQ(outcomes.completed(), size_t{kMost} + 10);
  EXPECT_EQ(engine.loop().counts().opened, engine.loop().counts().closed);
  for (const auto& outcome : outcomes.all()) {
    ASSERT_EQ(outcome.size(), 1u);
    EXPECT_EQ(AsError(outcome[0]).kind, ErrorKind::kShutdown);
    EXPECT_EQ(AsError(outcome[0]).phase, Phase::kNotConnected);
  }
}

TEST(Opening, ThatIsGivenUpAtItsDeadlineMakesRoomAndWhatWaitsHasItsDeadlineToo) {
  StallingServer stalling;
  Engine engine(stalling.Options());
  Outcomes outcomes;
  const auto start = [&](Instant deadline) {
    http::Request request = Get("/");
    request.deadline = deadline;
    engine.loop().Start(std::move(request), outcomes.Expect());
  };
  // Once they are given up, the last one's turn has come, and nothing else wakes the loop for it.
  const Instant soon = SystemClock().Now() + absl::Seconds(1);
  for (int i = 0; i < kMost + 10; ++i) start(soon);
  start(Instant::Never());
  while (outcomes.completed() < size_t{kMost} + 10) std::this_thread::yield();
  stalling.LetGo();
  outcomes.Await();
  const auto all = outcomes.all();
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].size(), 1u);
    const bool last = i + 1 == all.size();
    EXPECT_EQ(AsError(all[i][0]).kind, last ? ErrorKind::kConnect : ErrorKind::kDeadline);
    EXPECT_EQ(AsError(all[i][0]).phase, Phase::kNotConnected);
  }
}

TEST(Opening, IsOverWhenTheRequestLeavesHoweverLongItsAnswerTakes) {
  constexpr int kRequests = 2 * kMost;
  std::latch read(kRequests);
  // Answers nobody before it has read all.
  ScriptedServer server([&](ServerConnection& connection) {
    if (!connection.Read()) return;
    read.arrive_and_wait();
    connection.Answer(200, "ok");
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  Outcomes outcomes;
  for (int i = 0; i < kRequests; ++i) engine.loop().Start(Get("/"), outcomes.Expect());
  outcomes.Await();
  for (const auto& outcome : outcomes.all()) EXPECT_EQ(AsResponse(outcome.at(0)).status, 200);
}

}  // namespace
}  // namespace gw::testing
