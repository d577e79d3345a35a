// What has to be sent again is made anew each time, and no bytes leave twice.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "service/http/retry_transport.h"
#include "tests/integration/http/engine_fixture.h"
#include "tests/support/fakes.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

// As one that signs with a number that must not come twice.
class Numbering : public http::Transport {
 public:
  explicit Numbering(http::Transport& inner) : inner_(inner) {}
  void Start(http::Request request, http::Completion done) override {
    request.headers.push_back({"X-Number", absl::StrCat(++last_)});
    inner_.Start(std::move(request), std::move(done));
  }
  int last() const { return last_; }

 private:
  http::Transport& inner_;
  std::atomic<int> last_{0};
};

// How often each request was received, by all its bytes.
class Received {
 public:
  void Add(const ReceivedRequest& request) {
    std::lock_guard lock(mutex_);
    ++times_[request.head + request.body];
  }
  std::map<std::string, int> times() {
    std::lock_guard lock(mutex_);
    return times_;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> times_;
};

// What is replaced at once needs no time.
class Retries : public http::RetryTransport {
 public:
  explicit Retries(http::Transport& inner) : Retries(inner, std::make_shared<Time>()) {}

 private:
  struct Time {
    FakeClock clock;
    FakeTimer timer{clock};
    FakeRandom random;
  };
  Retries(http::Transport& inner, const std::shared_ptr<Time>& time)
      : RetryTransport(inner, Options(), time->clock, time->timer, time->random), time_(time) {}
  const std::shared_ptr<Time> time_;
};

enum class Death { kClose, kReset };

class Retrying : public ::testing::TestWithParam<Death> {};

// Answers the first request of each connection; on the second, reads the whole of it and lets the
// connection die.
TEST_P(Retrying, AnswersEveryCallAndRepeatsNoBytesWhenAThousandWarmConnectionsDie) {
  constexpr int kDeaths = 1000;
  Received received;
  std::atomic<int> died{0};
  ScriptedServer server([&](ServerConnection& connection) {
    auto request = connection.Read();
    if (!request) return;
    received.Add(*request);
    connection.Answer(200, "{}");
    request = connection.Read();
    if (!request) return;
    received.Add(*request);
    ++died;
    if (GetParam() == Death::kReset) connection.Reset();
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  Numbering numbering(engine.loop());
  Retries retries(numbering);

  int calls = 0, answered = 0, repeated = 0;
  while (repeated < kDeaths && calls < 3 * kDeaths) {
    Outcomes outcomes;
    // The same for all: only the number tells them apart.
    retries.Start(Post("/report", "{}"), outcomes.Expect());
    outcomes.Await();
    ++calls;
    const http::Outcome outcome = outcomes.all()[0].at(0);
    const auto* response = std::get_if<http::Response>(&outcome);
    ASSERT_NE(response, nullptr) << AsError(outcome).detail;
    if (response->status == 200) ++answered;
    if (response->repeated) ++repeated;
  }
  engine.Stop();
  EXPECT_EQ(answered, calls);
  EXPECT_EQ(repeated, kDeaths);
  EXPECT_EQ(died, kDeaths);
  const std::map<std::string, int> times = received.times();
  for (const auto& [bytes, count] : times) EXPECT_EQ(count, 1) << bytes;
  EXPECT_EQ(times.size(), static_cast<size_t>(calls + kDeaths));
  EXPECT_EQ(numbering.last(), calls + kDeaths);
}

INSTANTIATE_TEST_SUITE_P(Deaths, Retrying, ::testing::Values(Death::kClose, Death::kReset),
                         [](const auto& param) {
                           return param.param == Death::kClose ? "ByClose" : "ByReset";
                         });

// Those that are kept are as dead as the first, when it is the upstream that went away.
TEST(RetryingOnWarmConnections, TakesANewOneForTheSecondSend) {
  constexpr int kWarm = 4;  // libcurl closes a second one: it wants to send it there by itself
  std::atomic<int> waiting{0}, died{0};
  std::atomic<bool> dying{false};
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) {
      if (dying && connection.index() < kWarm) {
        ++died;
        return;
      }
      ++waiting;
      while (waiting < kWarm) std::this_thread::yield();  // all at once, each on its own
      connection.Answer(200, "{}");
    }
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  Numbering numbering(engine.loop());
  Retries retries(numbering);
  Outcomes warm;
  for (int i = 0; i < kWarm; ++i) retries.Start(Get("/"), warm.Expect());
  warm.Await();
  ASSERT_EQ(server.accepted(), kWarm);
  dying = true;
  Outcomes outcomes;
  retries.Start(Get("/"), outcomes.Expect());
  outcomes.Await();
  EXPECT_EQ(AsResponse(outcomes.all()[0].at(0)).status, 200);
  EXPECT_EQ(died, 1);
  EXPECT_EQ(server.accepted(), kWarm + 1);
}

TEST(RetryingOfAOneShot, IsReceivedOnce) {
  std::atomic<int> received{0};
  ScriptedServer server([&](ServerConnection& connection) {
    if (connection.Read()) ++received;
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  Retries retries(engine.loop());
  Outcomes outcomes;
  retries.Start(OneShot("/allocate", "{}"), outcomes.Expect());
  outcomes.Await();
  const http::Outcome outcome = outcomes.all()[0].at(0);
  EXPECT_EQ(AsError(outcome).kind, http::ErrorKind::kConnectionLost);
  EXPECT_EQ(AsError(outcome).phase, http::Phase::kWritten);
  EXPECT_EQ(received, 1);
}

TEST(RequestWithAMaxIdle, LeavesTheOthersConnectionsAlone) {
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(200, absl::StrCat(connection.index()));
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).body, "0");
  // Too old for the next, and old enough for libcurl to look for what it can close.
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  http::Request request = Get("/");
  request.max_idle = absl::Seconds(1);
  EXPECT_EQ(AsResponse(engine.Send(std::move(request))).body, "1");
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).body, "0") << "the kept one was closed";
  EXPECT_EQ(server.accepted(), 2);
}

}  // namespace
}  // namespace gw::testing
