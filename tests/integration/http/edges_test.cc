// Moments that a table cannot reach: nothing written yet, writes of which libcurl has counted
// nothing, answers without an end, and bytes that nobody asked for. Plain and over TLS.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <stop_token>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/http/tls_fixture.h"

namespace gw::testing {
namespace {

using http::ErrorKind;
using http::Phase;

class Edges : public ::testing::TestWithParam<bool> {
 protected:
  static ScriptedServer::Options Speaking() {
    return GetParam() ? OverTls() : ScriptedServer::Options();
  }
};

INSTANTIATE_TEST_SUITE_P(Over, Edges, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Tls" : "Plain"; });

TEST_P(Edges, NothingIsSentWhenTheLastQuestionIsAnsweredNo) {
  std::atomic<int> received{0};
  ScriptedServer server(
      [&](ServerConnection& connection) {
        while (connection.Read()) {
          ++received;
          connection.Answer(200, "{}");
        }
      },
      Speaking());
  Engine engine(OptionsFor(server));
  for (const bool kept : {false, true}) {
    if (kept) {
      ASSERT_EQ(AsResponse(engine.Send(OneShot("/", "{}"))).status, 200);
    }
    http::Request request = OneShot("/", "{}");
    request.before_send = [] { return false; };
    const http::Outcome outcome = engine.Send(std::move(request));
    EXPECT_EQ(AsError(outcome).kind, ErrorKind::kRefused);
    EXPECT_EQ(AsError(outcome).phase, Phase::kConnected);
  }
  EXPECT_EQ(received, 1);
}

// The peer resets in the last instant before the first byte, so that not one can be written.
TEST_P(Edges, APeerThatIsGoneBeforeTheFirstByteIsAConnectionLost) {
  std::promise<void> reset, gone;
  ScriptedServer server(
      [&](ServerConnection& connection) {
        reset.get_future().wait();
        connection.Reset();
        gone.set_value();
      },
      Speaking());
  Engine engine(OptionsFor(server));
  http::Request request = OneShot("/", "{}");
  request.before_send = [&] {
    reset.set_value();
    gone.get_future().wait();
    return true;
  };
  const http::Outcome outcome = engine.Send(std::move(request));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kConnectionLost) << AsError(outcome).detail;
  // Over TLS libcurl does not tell whether a part of a failed write has left.
  EXPECT_EQ(AsError(outcome).phase, GetParam() ? Phase::kPartlyWritten : Phase::kConnected);
}

// Of this process' connections to `port`.
void ShrinkSendBuffers(int port) {
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const int bytes = 4096;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        ntohs(peer.sin_port) == port) {
      setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
  }
}

// Buffers so small that they take a part of the first write only.
TEST_P(Edges, AFirstWriteOfWhichAPartHasLeftIsNotNothing) {
  std::promise<void> arrived, finished;
  ScriptedServer::Options options = Speaking();
  options.receive_buffer = 4096;
  ScriptedServer server(
      [&](ServerConnection& connection) {
        connection.AwaitBytes();
        arrived.set_value();
        finished.get_future().wait();
      },
      options);
  Engine engine(OptionsFor(server));
  Outcomes outcomes;
  std::stop_source cancel;
  http::Request request = OneShot("/", std::string(60'000, 'x'));
  request.cancel = cancel.get_token();
  request.before_send = [&] {
    ShrinkSendBuffers(server.port());
    return true;
  };
  engine.loop().Start(std::move(request), outcomes.Expect());
  arrived.get_future().wait();
  cancel.request_stop();
  outcomes.Await();
  finished.set_value();
  const http::Outcome outcome = outcomes.all()[0].at(0);
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kCancelled);
  EXPECT_EQ(AsError(outcome).phase, Phase::kPartlyWritten);
}

struct Endless {
  const char* name;
  const char* head;
  const char* more;
};

TEST_P(Edges, AnAnswerWithoutAnEndIsTooLarge) {
  const std::string kilobyte(1024, 'x');
  const Endless kCases[] = {
      {"a body of unknown length", "HTTP/1.1 200 OK\r\n\r\n", kilobyte.c_str()},
      {"a body of a length over the cap", "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
       kilobyte.c_str()},
      {"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nmore\r\n"},
      {"headers", "HTTP/1.1 200 OK\r\n", "X-More: and more\r\n"},
  };
  for (const Endless& c : kCases) {
    ScriptedServer server(
        [&](ServerConnection& connection) {
          if (!connection.Read() || !connection.Write(c.head)) return;
          while (connection.Write(c.more)) {
          }
        },
        Speaking());
    http::UpstreamOptions options = OptionsFor(server);
    options.max_response_bytes = 100'000;
    Engine engine(options);
    const http::Outcome outcome = engine.Send(Get("/"));
    EXPECT_EQ(AsError(outcome).kind, ErrorKind::kTooLarge) << c.name << AsError(outcome).detail;
    EXPECT_EQ(AsError(outcome).phase, Phase::kAnswering) << c.name;
  }
}

// In one piece with the end of the answer, where over TLS no look at the socket finds it.
TEST_P(Edges, ASecondAnswerBehindTheFirstReachesNobody) {
  std::atomic<int> answered{0};
  ScriptedServer server(
      [&](ServerConnection& connection) {
        while (auto request = connection.Read()) {
          connection.Write(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", request->body.size(),
                                        "\r\n\r\n"));
          connection.Write(
              absl::StrCat(request->body, "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\nstray"));
          ++answered;
        }
      },
      Speaking());
  Engine engine(OptionsFor(server));
  for (const bool one_shot : {false, true}) {
    for (const char* body : {"first", "second", "third"}) {
      http::Request request = Post("/", body);
      request.one_shot = one_shot;
      const int before = answered;
      const http::Outcome outcome = engine.Send(std::move(request));
      // All that was written has arrived before the connection is looked at again.
      while (answered == before) std::this_thread::yield();
      ASSERT_TRUE(std::holds_alternative<http::Response>(outcome)) << AsError(outcome).detail;
      EXPECT_EQ(AsResponse(outcome).status, 200);
      EXPECT_EQ(AsResponse(outcome).body, body);
    }
  }
}

}  // namespace
}  // namespace gw::testing
