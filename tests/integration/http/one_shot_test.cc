// A one-shot leaves at most once, whatever the connection does.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/http/engine_fixture.h"
#include "tests/integration/http/proxy_fixture.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using http::ErrorKind;
using http::Phase;

enum class Death { kClose, kReset };
struct Way {
  const char* name;
  Death death;
  bool through_a_proxy;
};

class OneShot : public ::testing::TestWithParam<Way> {};

// Answers the first request of each connection; on the second, reads the whole POST and lets the
// connection die. libcurl's answer to that is to send the request again on a new connection.
TEST_P(OneShot, IsReceivedOncePerCallWhenAThousandWarmConnectionsDieUnderIt) {
  constexpr int kDeaths = 1000;
  std::atomic<int> received{0}, died{0};
  ScriptedServer server([&](ServerConnection& connection) {
    if (!connection.Read()) return;
    ++received;
    connection.Answer(201, "{}");
    if (!connection.Read()) return;
    ++received;
    ++died;
    if (GetParam().death == Death::kReset) connection.Reset();
  });
  const ConnectProxy proxy;
  http::UpstreamOptions options = OptionsFor(server.url(), server.port());
  if (GetParam().through_a_proxy) options = Through(proxy, std::move(options));
  Engine engine(options);

  int sent = 0, answered = 0, lost = 0;
  while (lost < kDeaths && sent < 3 * kDeaths) {
    const http::Outcome outcome =
        engine.Send(testing::OneShot("/allocate", absl::StrCat("{\"n\":", sent, "}")));
    ++sent;
    if (const auto* response = std::get_if<http::Response>(&outcome)) {
      EXPECT_EQ(response->status, 201);
      ++answered;
      continue;
    }
    ++lost;
    EXPECT_EQ(AsError(outcome).kind, ErrorKind::kConnectionLost) << AsError(outcome).detail;
    EXPECT_EQ(AsError(outcome).phase, Phase::kWritten) << AsError(outcome).detail;
  }
  EXPECT_EQ(lost, kDeaths);
  EXPECT_EQ(died, kDeaths);
  EXPECT_EQ(received, sent);
  EXPECT_EQ(answered + lost, sent);
  EXPECT_EQ(proxy.accepted() > 0, GetParam().through_a_proxy);
}

INSTANTIATE_TEST_SUITE_P(Deaths, OneShot,
                         ::testing::Values(Way{"ByClose", Death::kClose, false},
                                           Way{"ByReset", Death::kReset, false},
                                           Way{"ByCloseBehindAProxy", Death::kClose, true},
                                           Way{"ByResetBehindAProxy", Death::kReset, true}),
                         [](const auto& param) { return param.param.name; });

// libcurl connects again to send it again, and that fails: the first send's bytes are out all the
// same.
TEST(OneShotAfterItLeft, IsNeverCalledUnsentBecauseReconnectingFailed) {
  ScriptedServer* self = nullptr;
  std::promise<void> ready;
  ScriptedServer server([&, started = ready.get_future().share()](ServerConnection& connection) {
    started.wait();
    if (!connection.Read()) return;
    connection.Answer(201, "{}");
    if (!connection.Read()) return;
    self->StopListening();
  });
  self = &server;
  ready.set_value();
  Engine engine(OptionsFor(server.url(), server.port()));
  EXPECT_EQ(AsResponse(engine.Send(testing::OneShot("/allocate", "{}"))).status, 201);
  const http::Outcome outcome = engine.Send(testing::OneShot("/allocate", "{}"));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kConnectionLost) << AsError(outcome).detail;
  EXPECT_EQ(AsError(outcome).phase, Phase::kWritten) << AsError(outcome).detail;
}

TEST(RepeatableRequest, IsNotSentAgainByTheEngineEitherWhichLeavesThatToTheRetries) {
  std::atomic<int> received{0};
  ScriptedServer server([&](ServerConnection& connection) {
    if (!connection.Read()) return;
    ++received;
    connection.Answer(200, "{}");
    if (connection.Read()) ++received;
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  EXPECT_EQ(AsResponse(engine.Send(Post("/report", "{}"))).status, 200);
  const http::Outcome outcome = engine.Send(Post("/report", "{}"));
  EXPECT_EQ(AsError(outcome).kind, http::ErrorKind::kConnectionLost);
  EXPECT_EQ(AsError(outcome).phase, http::Phase::kWritten);
  EXPECT_TRUE(AsError(outcome).kept_connection);
  EXPECT_EQ(received, 2);
}

TEST(OneShotConnection, IsANewOneWhenTheKeptOneWasIdleForMaxIdle) {
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(201, "{}");
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  http::Request request = testing::OneShot("/allocate", "{}");
  request.max_idle = absl::Seconds(1);
  EXPECT_EQ(AsResponse(engine.Send(testing::OneShot("/allocate", "{}"))).status, 201);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(AsResponse(engine.Send(std::move(request))).status, 201);
  EXPECT_EQ(server.accepted(), 2);
}

TEST(OneShotConnection, IsAlwaysANewOneWhenMaxIdleIsUnderASecond) {
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(201, "{}");
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  for (int i = 0; i < 5; ++i) {
    http::Request request = testing::OneShot("/allocate", "{}");
    request.max_idle = absl::Milliseconds(999);
    EXPECT_EQ(AsResponse(engine.Send(std::move(request))).status, 201);
  }
  EXPECT_EQ(server.accepted(), 5);
}

TEST(OneShotConnection, LeavesTheOthersConnectionsAlone) {
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(200, absl::StrCat(connection.index()));
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).body, "0");
  // Too old for a one-shot, and old enough for libcurl to look for what it can close.
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  http::Request request = testing::OneShot("/allocate", "{}");
  request.max_idle = absl::Seconds(1);
  EXPECT_EQ(AsResponse(engine.Send(std::move(request))).body, "1");
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).body, "0") << "the kept one was closed";
  EXPECT_EQ(server.accepted(), 2);
}

TEST(BeforeSend, ThatSaysNoKeepsEveryByteBack) {
  std::atomic<int> received{0};
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) {
      ++received;
      connection.Answer(201, "{}");
    }
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  int asked = 0;
  http::Request request = testing::OneShot("/allocate", "{}");
  request.before_send = [&] {
    ++asked;
    return false;
  };
  const http::Outcome outcome = engine.Send(std::move(request));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kRefused);
  EXPECT_TRUE(AsError(outcome).NothingSent());
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(AsResponse(engine.Send(testing::OneShot("/allocate", "{}"))).status, 201);
  EXPECT_EQ(received, 1);
}

}  // namespace
}  // namespace gw::testing
