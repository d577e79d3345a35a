// Cancels, deadlines and shutdown, at every moment of a request's life. Each completion runs
// exactly once.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <stop_token>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/http/engine_fixture.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using http::ErrorKind;
using http::Phase;

// Reads requests and never answers; tells how many it has read.
struct SilentServer {
  std::atomic<int> read{0};
  ScriptedServer server{[this](ServerConnection& connection) {
    if (!connection.Read()) return;
    ++read;
    connection.AwaitClose();
  }};
  void AwaitRead(int n) {
    while (read < n) std::this_thread::yield();
  }
};

// An upstream by name, whose lookup hangs until released.
struct StuckLookup {
  std::shared_ptr<std::atomic<bool>> release = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::atomic<int>> lookups = std::make_shared<std::atomic<int>>(0);
  http::CachingResolver::Lookup fn() {
    return [release = release, lookups = lookups](const std::string&) {
      ++*lookups;
      while (!*release) std::this_thread::yield();
      return absl::StatusOr<std::vector<std::string>>(std::vector<std::string>{"127.0.0.1"});
    };
  }
  ~StuckLookup() { *release = true; }
};

http::UpstreamOptions NamedUpstream() {
  const int port = UnusedPort();
  return ByName(OptionsFor(absl::StrCat("http://127.0.0.1:", port), port));
}

TEST(Cancel, BeforeTheStartSendsNothing) {
  SilentServer silent;
  Engine engine(OptionsFor(silent.server.url(), silent.server.port()));
  std::stop_source cancel;
  cancel.request_stop();
  http::Request request = OneShot("/", "{}");
  request.cancel = cancel.get_token();
  const http::Outcome outcome = engine.Send(std::move(request));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kCancelled);
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
  EXPECT_EQ(silent.server.accepted(), 0);
}

TEST(Cancel, WhileTheNameResolvesSendsNothing) {
  StuckLookup stuck;
  Engine engine(NamedUpstream(), stuck.fn());
  std::stop_source cancel;
  Outcomes outcomes;
  http::Request request = OneShot("/", "{}");
  request.cancel = cancel.get_token();
  engine.loop().Start(std::move(request), outcomes.Expect());
  while (*stuck.lookups == 0) std::this_thread::yield();
  cancel.request_stop();
  outcomes.Await();
  EXPECT_EQ(AsError(outcomes.all()[0].at(0)).kind, ErrorKind::kCancelled);
  EXPECT_EQ(AsError(outcomes.all()[0].at(0)).phase, Phase::kNotConnected);
}

TEST(Cancel, WhileConnectingSendsNothing) {
  BlackHole hole;
  Engine engine(OptionsFor(hole.url(), hole.port()));
  std::stop_source cancel;
  Outcomes outcomes;
  http::Request request = OneShot("/", "{}");
  request.cancel = cancel.get_token();
  engine.loop().Start(std::move(request), outcomes.Expect());
  while (engine.loop().counts().opened == 0) std::this_thread::yield();
  cancel.request_stop();
  outcomes.Await();
  EXPECT_EQ(AsError(outcomes.all()[0].at(0)).kind, ErrorKind::kCancelled);
  EXPECT_EQ(AsError(outcomes.all()[0].at(0)).phase, Phase::kNotConnected);
}

TEST(Cancel, InFlightEndsTheConnectionAndSaysThatItWasWritten) {
  SilentServer silent;
  Engine engine(OptionsFor(silent.server.url(), silent.server.port()));
  std::stop_source cancel;
  Outcomes outcomes;
  http::Request request = Post("/", "{}");
  request.cancel = cancel.get_token();
  engine.loop().Start(std::move(request), outcomes.Expect());
  silent.AwaitRead(1);
  cancel.request_stop();
  outcomes.Await();
  EXPECT_EQ(AsError(outcomes.all()[0].at(0)).kind, ErrorKind::kCancelled);
  EXPECT_EQ(AsError(outcomes.all()[0].at(0)).phase, Phase::kWritten);
  while (engine.loop().counts().closed == 0) std::this_thread::yield();
}

TEST(Cancel, AfterTheAnswerChangesNothing) {
  ScriptedServer server([](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(200, "{}");
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  std::stop_source cancel;
  http::Request request = Get("/");
  request.cancel = cancel.get_token();
  EXPECT_EQ(AsResponse(engine.Send(std::move(request))).status, 200);
  cancel.request_stop();
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).status, 200);
}

struct DeadlineCase {
  const char* name;
  ErrorKind kind;
  bool by_timeout;
};
class Deadline : public ::testing::TestWithParam<DeadlineCase> {
 protected:
  http::Request With(http::Request request) {
    if (!GetParam().by_timeout) request.deadline = SystemClock().Now() + absl::Milliseconds(80);
    return request;
  }
  http::UpstreamOptions With(http::UpstreamOptions options) {
    if (GetParam().by_timeout) options.timeout = absl::Milliseconds(80);
    return options;
  }
};

TEST_P(Deadline, InThePastSendsNothing) {
  SilentServer silent;
  Engine engine(OptionsFor(silent.server.url(), silent.server.port()));
  http::Request request = Get("/");
  request.deadline = SystemClock().Now();
  const http::Outcome outcome = engine.Send(std::move(request));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kDeadline);
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
  EXPECT_EQ(silent.server.accepted(), 0);
}

TEST_P(Deadline, HoldsWhileTheNameResolves) {
  StuckLookup stuck;
  Engine engine(With(NamedUpstream()), stuck.fn());
  const http::Outcome outcome = engine.Send(With(Get("/")));
  EXPECT_EQ(AsError(outcome).kind, GetParam().kind);
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
}

TEST_P(Deadline, HoldsWhileConnecting) {
  BlackHole hole;
  Engine engine(With(OptionsFor(hole.url(), hole.port())));
  const http::Outcome outcome = engine.Send(With(Get("/")));
  EXPECT_EQ(AsError(outcome).kind, GetParam().kind);
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
}

TEST_P(Deadline, HoldsWhileTheHeadersAreAwaited) {
  SilentServer silent;
  Engine engine(With(OptionsFor(silent.server.url(), silent.server.port())));
  const http::Outcome outcome = engine.Send(With(Get("/")));
  EXPECT_EQ(AsError(outcome).kind, GetParam().kind);
  EXPECT_EQ(AsError(outcome).phase, Phase::kWritten);
}

TEST_P(Deadline, HoldsWhileTheBodyDribblesIn) {
  ScriptedServer server([](ServerConnection& connection) {
    if (!connection.Read()) return;
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (connection.Write("x")) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  });
  Engine engine(With(OptionsFor(server.url(), server.port())));
  const http::Outcome outcome = engine.Send(With(Get("/")));
  EXPECT_EQ(AsError(outcome).kind, GetParam().kind);
  EXPECT_EQ(AsError(outcome).phase, Phase::kAnswering);
}

INSTANTIATE_TEST_SUITE_P(Both, Deadline,
                         ::testing::Values(DeadlineCase{"OfTheCaller", ErrorKind::kDeadline, false},
                                           DeadlineCase{"OfTheUpstream", ErrorKind::kTimeout,
                                                        true}),
                         [](const auto& param) { return param.param.name; });

TEST(ConnectTimeout, IsAConnectFailureWithNothingSent) {
  BlackHole hole;
  http::UpstreamOptions options = OptionsFor(hole.url(), hole.port());
  options.connect_timeout = absl::Milliseconds(80);
  Engine engine(options);
  const http::Outcome outcome = engine.Send(OneShot("/", "{}"));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kConnect);
  EXPECT_TRUE(AsError(outcome).NothingSent());
}

TEST(Shutdown, CompletesWhatIsResolvingConnectingAndInFlightOnceEach) {
  StuckLookup stuck;
  BlackHole hole;
  SilentServer silent;
  Engine resolving(NamedUpstream(), stuck.fn());
  Engine connecting(OptionsFor(hole.url(), hole.port()));
  Engine in_flight(OptionsFor(silent.server.url(), silent.server.port()));
  Outcomes outcomes;
  for (int i = 0; i < 100; ++i) {
    resolving.loop().Start(Get("/"), outcomes.Expect());
    connecting.loop().Start(Get("/"), outcomes.Expect());
    in_flight.loop().Start(Get("/"), outcomes.Expect());
  }
  silent.AwaitRead(100);
  for (Engine* engine : {&resolving, &connecting, &in_flight}) engine->Destroy();
  EXPECT_EQ(outcomes.completed(), 300u);
  for (const auto& outcome : outcomes.all()) {
    ASSERT_EQ(outcome.size(), 1u);
    EXPECT_EQ(AsError(outcome[0]).kind, ErrorKind::kShutdown);
  }
}

TEST(Shutdown, CompletesWhatIsStartedAfterwardsAtOnce) {
  SilentServer silent;
  Engine engine(OptionsFor(silent.server.url(), silent.server.port()));
  engine.loop().Stop();
  EXPECT_EQ(AsError(engine.Send(Get("/"))).kind, ErrorKind::kShutdown);
}

TEST(Shutdown, OfALoopThatNeverRanCompletesWhatWasStarted) {
  http::CachingResolver resolver(SystemClock(), &http::SystemLookup);
  Outcomes outcomes;
  {
    http::CurlLoop loop(OptionsFor("http://127.0.0.1:1", 1), resolver, SystemClock());
    loop.Start(Get("/"), outcomes.Expect());
  }
  ASSERT_EQ(outcomes.completed(), 1u);
  EXPECT_EQ(AsError(outcomes.all()[0][0]).kind, ErrorKind::kShutdown);
}

TEST(Completion, RunsOnceWhenCancelsDeadlinesAnswersAndResetsRace) {
  std::atomic<int> seed{0};
  ScriptedServer server([&](ServerConnection& connection) {
    std::minstd_rand random(static_cast<unsigned>(++seed));
    while (connection.Read()) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
      switch (random() % 5) {
        case 0:
          return;
        case 1:
          connection.Reset();
          return;
        default:
          connection.Answer(200, "{}");
      }
    }
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  Outcomes outcomes;
  std::minstd_rand random(42);
  std::vector<std::stop_source> cancels(600);
  for (auto& cancel : cancels) {
    http::Request request = random() % 2 ? OneShot("/", "{}") : Get("/");
    request.cancel = cancel.get_token();
    if (random() % 3 == 0) {
      request.deadline = SystemClock().Now() + absl::Microseconds(random() % 3000);
    }
    engine.loop().Start(std::move(request), outcomes.Expect());
    if (random() % 3 == 0) cancel.request_stop();
    if (random() % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(500));
    if (random() % 3 == 0) cancels[random() % cancels.size()].request_stop();
  }
  outcomes.Await();
  engine.Destroy();
  for (const auto& outcome : outcomes.all()) EXPECT_EQ(outcome.size(), 1u);
}

}  // namespace
}  // namespace gw::testing
