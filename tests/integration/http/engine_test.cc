// What the engine does with requests that are answered, or answered badly.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/http/engine_fixture.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using http::ErrorKind;
using http::Phase;

ScriptedServer::Script AlwaysAnswer(std::string body) {
  return [body = std::move(body)](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(200, body);
  };
}

// Answers the first request of each connection with exactly these bytes, then closes.
ScriptedServer::Script AnswerWith(std::string bytes) {
  return [bytes = std::move(bytes)](ServerConnection& connection) {
    if (connection.Read()) connection.Write(bytes);
  };
}

TEST(Engine, SendsMethodTargetHeadersAndBodyAsGiven) {
  std::mutex mutex;
  std::vector<ReceivedRequest> seen;
  ScriptedServer server([&](ServerConnection& connection) {
    while (auto request = connection.Read()) {
      {
        std::lock_guard lock(mutex);
        seen.push_back(*request);
      }
      connection.Answer(200, "{}");
    }
  });
  Engine engine(OptionsFor(server.url() + "/api/v1", server.port()));

  http::Request get = Get("/examinations?x=%20");
  get.headers = {{"Accept", "application/json"}, {"x-api-key", "k"}};
  engine.Send(std::move(get));
  http::Request patch = Post("/s/1", "{\"a\":1}");
  patch.method = http::Method::kPatch;
  engine.Send(std::move(patch));
  http::Request remove = Get("/s/1");
  remove.method = http::Method::kDelete;
  engine.Send(std::move(remove));

  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].head,
            absl::StrCat("GET /api/v1/examinations?x=%20 HTTP/1.1\r\nHost: 127.0.0.1:",
                         server.port(), "\r\nAccept: application/json\r\nx-api-key: k\r\n\r\n"));
  EXPECT_TRUE(absl::StartsWith(seen[1].head, "PATCH /api/v1/s/1 HTTP/1.1\r\n"));
  EXPECT_TRUE(absl::StrContains(seen[1].head, "Content-Type: application/json\r\n"));
  EXPECT_FALSE(absl::StrContains(seen[1].head, "Expect"));
  EXPECT_EQ(seen[1].body, "{\"a\":1}");
  EXPECT_TRUE(absl::StartsWith(seen[2].head, "DELETE /api/v1/s/1 HTTP/1.1\r\n"));
}

TEST(Engine, GivesStatusHeadersAndBodyOfTheAnswer) {
  ScriptedServer server(AnswerWith(
      "HTTP/1.1 100 Continue\r\nRetry-After: 1\r\n\r\n"
      "HTTP/1.1 429 Slow\r\nRETRY-after:  7 \r\nX-Empty:\r\nContent-Length: 4\r\n\r\nwait"));
  Engine engine(OptionsFor(server.url(), server.port()));
  const http::Outcome outcome = engine.Send(Get("/"));
  const http::Response& response = AsResponse(outcome);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.Header("Retry-After"), "7");
  EXPECT_EQ(response.Header("x-empty"), "");
  EXPECT_EQ(response.Header("Retry"), std::nullopt);
  EXPECT_EQ(response.body, "wait");
}

TEST(Engine, UsesOneConnectionForCallsOneAfterTheOther) {
  ScriptedServer server(AlwaysAnswer("{}"));
  Engine engine(OptionsFor(server.url(), server.port()));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(AsResponse(engine.Send(Get("/"))).status, 200);
  EXPECT_EQ(server.accepted(), 1);
  EXPECT_EQ(engine.loop().counts().opened, 1u);
  EXPECT_EQ(engine.loop().counts().closed, 0u);
}

TEST(Engine, UsesAsManyConnectionsAsCallsAreInFlightAndKeepsThem) {
  constexpr int kCalls = 200;  // more than one shard
  std::atomic<int> waiting{0};
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) {
      ++waiting;
      while (waiting < kCalls) std::this_thread::yield();
      connection.Answer(200, "{}");
    }
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  for (int round = 0; round < 2; ++round) {
    waiting = 0;
    Outcomes outcomes;
    for (int i = 0; i < kCalls; ++i) engine.loop().Start(Get("/"), outcomes.Expect());
    outcomes.Await();
    for (const auto& outcome : outcomes.all()) {
      ASSERT_EQ(outcome.size(), 1u);
      EXPECT_EQ(AsResponse(outcome[0]).status, 200);
    }
  }
  EXPECT_EQ(server.accepted(), kCalls);
}

TEST(Engine, ClosesEveryConnectionWhenDestroyed) {
  std::atomic<int> ended{0};
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(200, "{}");
    ++ended;
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  Outcomes outcomes;
  for (int i = 0; i < 20; ++i) engine.loop().Start(Get("/"), outcomes.Expect());
  outcomes.Await();
  const int opened = static_cast<int>(engine.loop().counts().opened);
  engine.Destroy();
  while (ended < opened) std::this_thread::yield();
  EXPECT_EQ(ended, server.accepted());
}

TEST(Engine, DoesNotFollowARedirect) {
  ScriptedServer target(AlwaysAnswer("{}"));
  ScriptedServer server(AnswerWith(absl::StrCat("HTTP/1.1 302 Found\r\nLocation: ", target.url(),
                                                "/\r\nContent-Length: 0\r\n\r\n")));
  Engine engine(OptionsFor(server.url(), server.port()));
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).status, 302);
  EXPECT_EQ(target.accepted(), 0);
}

TEST(Engine, TakesNoProxyFromTheEnvironment) {
  ScriptedServer proxy(AlwaysAnswer("from the proxy"));
  ScriptedServer server(AlwaysAnswer("direct"));
  setenv("http_proxy", proxy.url().c_str(), 1);
  setenv("ALL_PROXY", proxy.url().c_str(), 1);
  Engine engine(OptionsFor(server.url(), server.port()));
  const http::Outcome outcome = engine.Send(Get("/"));
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
  EXPECT_EQ(AsResponse(outcome).body, "direct");
}

TEST(Engine, RefusesAHeaderWithALineBreakBeforeAnythingIsSent) {
  ScriptedServer server(AlwaysAnswer("{}"));
  Engine engine(OptionsFor(server.url(), server.port()));
  http::Request request = Get("/");
  request.headers = {{"x-api-key", "secret\r\nX-Other: 1"}};
  const http::Outcome outcome = engine.Send(std::move(request));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kBadRequest);
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
  EXPECT_FALSE(absl::StrContains(AsError(outcome).detail, "secret"));
  EXPECT_EQ(server.accepted(), 0);
}

TEST(Engine, TakesAnAnswerOfExactlyTheCapAndRefusesOneByteMore) {
  http::UpstreamOptions options;
  for (const auto& [size, fits] : {std::pair{1000, true}, std::pair{1001, false}}) {
    ScriptedServer server(AlwaysAnswer(std::string(static_cast<size_t>(size), 'x')));
    options = OptionsFor(server.url(), server.port());
    options.max_response_bytes = 1000;
    Engine engine(options);
    const http::Outcome outcome = engine.Send(Get("/"));
    if (fits) {
      EXPECT_EQ(AsResponse(outcome).body.size(), 1000u);
    } else {
      EXPECT_EQ(AsError(outcome).kind, ErrorKind::kTooLarge);
      EXPECT_EQ(AsError(outcome).phase, Phase::kAnswering);
    }
  }
}

struct BadAnswer {
  const char* name;
  std::string bytes;
  ErrorKind kind;
  Phase phase;
};

class BadAnswers : public ::testing::TestWithParam<BadAnswer> {};

TEST_P(BadAnswers, AreAFailureOfTheirKindAndTheNextRequestWorks) {
  std::atomic<bool> bad{true};
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) {
      if (bad.exchange(false)) {
        connection.Write(GetParam().bytes);
        return;
      }
      connection.Answer(200, "{}");
    }
  });
  http::UpstreamOptions options = OptionsFor(server.url(), server.port());
  options.max_response_bytes = 4096;
  Engine engine(options);
  const http::Outcome outcome = engine.Send(Post("/", "{}"));
  EXPECT_EQ(AsError(outcome).kind, GetParam().kind) << AsError(outcome).detail;
  EXPECT_EQ(AsError(outcome).phase, GetParam().phase);
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).status, 200);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadAnswers,
    ::testing::Values(
        BadAnswer{"NoByte", "", ErrorKind::kConnectionLost, Phase::kWritten},
        BadAnswer{"HalfAStatusLine", "HTTP/1.1 2", ErrorKind::kConnectionLost, Phase::kWritten},
        BadAnswer{"NotHttp", "SSH-2.0-OpenSSH_9.2\r\n\r\n", ErrorKind::kProtocol, Phase::kWritten},
        BadAnswer{"HalfTheHeaders", "HTTP/1.1 200 OK\r\nContent-Le", ErrorKind::kConnectionLost,
                  Phase::kAnswering},
        BadAnswer{"OnlyAStatusLine", "HTTP/1.1 200 OK\r\n", ErrorKind::kConnectionLost,
                  Phase::kAnswering},
        BadAnswer{"HalfTheBody", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                  ErrorKind::kConnectionLost, Phase::kAnswering},
        BadAnswer{"HalfAChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf",
                  ErrorKind::kConnectionLost, Phase::kAnswering},
        BadAnswer{"BrokenChunk",
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n",
                  ErrorKind::kConnectionLost, Phase::kAnswering},
        BadAnswer{"AHeaderOverItsCap",
                  absl::StrCat("HTTP/1.1 200 OK\r\nA: ", std::string(40000, 'a'),
                               "\r\nB: ", std::string(40000, 'b'), "\r\n\r\n"),
                  ErrorKind::kTooLarge, Phase::kAnswering},
        BadAnswer{"AHeaderLineOverWhatLibcurlReads",
                  absl::StrCat("HTTP/1.1 200 OK\r\nA: ", std::string(200'000, 'a'), "\r\n\r\n"),
                  ErrorKind::kTooLarge, Phase::kAnswering},
        BadAnswer{"AnAnnouncedBodyOverTheCap",
                  absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
                               std::string(9000, 'x')),
                  ErrorKind::kTooLarge, Phase::kAnswering},
        BadAnswer{"AChunkedBodyOverTheCap",
                  absl::StrCat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2328\r\n",
                               std::string(9000, 'x'), "\r\n0\r\n\r\n"),
                  ErrorKind::kTooLarge, Phase::kAnswering}),
    [](const auto& param) { return param.param.name; });

TEST(Engine, SaysThatNothingWasSentWhenNobodyListens) {
  const int port = UnusedPort();
  Engine engine(OptionsFor(absl::StrCat("http://127.0.0.1:", port), port));
  const http::Outcome outcome = engine.Send(OneShot("/", "{}"));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kConnect);
  EXPECT_TRUE(AsError(outcome).NothingSent());
}

// A proxy's 408 on an idle connection, or a second answer to the request before.
TEST(Engine, DoesNotTakeBytesThatCameUnaskedForTheNextAnswer) {
  std::atomic<int> got{0}, strayed{0};
  ScriptedServer server([&](ServerConnection& connection) {
    while (auto request = connection.Read()) {
      const int before = strayed;
      connection.Answer(200, request->body);
      while (got == before) std::this_thread::yield();
      connection.Answer(404, "stray");
      ++strayed;
    }
  });
  Engine engine(OptionsFor(server.url(), server.port()));
  for (const bool one_shot : {false, true}) {
    for (const char* body : {"first", "second", "third"}) {
      http::Request request = Post("/", body);
      request.one_shot = one_shot;
      const http::Outcome outcome = engine.Send(std::move(request));
      ++got;
      while (strayed < got) std::this_thread::yield();
      ASSERT_TRUE(std::holds_alternative<http::Response>(outcome)) << AsError(outcome).detail;
      EXPECT_EQ(AsResponse(outcome).status, 200);
      EXPECT_EQ(AsResponse(outcome).body, body);
    }
  }
}

TEST(Engine, TakesRequestsFromManyThreads) {
  ScriptedServer server(AlwaysAnswer("{}"));
  Engine engine(OptionsFor(server.url(), server.port()));
  Outcomes outcomes;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) engine.loop().Start(Get("/"), outcomes.Expect());
    });
  }
  for (auto& thread : threads) thread.join();
  outcomes.Await();
  for (const auto& outcome : outcomes.all()) {
    ASSERT_EQ(outcome.size(), 1u);
    EXPECT_EQ(AsResponse(outcome[0]).status, 200);
  }
}

}  // namespace
}  // namespace gw::testing
