// From where connections leave, how long they are kept, and that nobody else is contacted.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "service/http/upstream_status.h"
#include "tests/integration/http/proxy_fixture.h"
#include "tests/integration/http/tls_fixture.h"

namespace gw::testing {
namespace {

using http::ErrorKind;
using http::Phase;
using ::testing::Each;
using ::testing::HasSubstr;

std::string PeerOf(const ServerConnection& connection) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getpeername(connection.fd(), reinterpret_cast<sockaddr*>(&address), &size);
  const auto peer = IpAddress::Of(reinterpret_cast<const sockaddr&>(address));
  return peer ? peer->ToString() : "";
}

void AnswerWithPeer(ServerConnection& connection) {
  while (connection.Read()) connection.Answer(200, PeerOf(connection));
}

TEST(LocalEnd, ThatIsAnAddressIsTheOneThatTheUpstreamSees) {
  ScriptedServer server(&AnswerWithPeer);
  http::UpstreamOptions options = OptionsFor(server);
  EXPECT_EQ(AsResponse(Engine(options).Send(Get("/"))).body, "127.0.0.1");
  options.local_end = {"", "127.0.0.2"};
  EXPECT_EQ(AsResponse(Engine(options).Send(Get("/"))).body, "127.0.0.2");
}

TEST(LocalEnd, IsThatOfTheConnectionToTheProxy) {
  ScriptedServer server(&AnswerWithPeer);
  ConnectProxy proxy;
  std::promise<std::string> peer;
  proxy.Refuse([&peer](ServerConnection& connection) { peer.set_value(PeerOf(connection)); });
  http::UpstreamOptions options = Through(proxy, OptionsFor(server));
  options.local_end = {"", "127.0.0.2"};
  Engine(options).Send(Get("/"));
  EXPECT_EQ(peer.get_future().get(), "127.0.0.2");
}

TEST(LocalEnd, ThatIsAnInterfaceIsLeftBy) {
  ScriptedServer server(&AnswerWithPeer);
  http::UpstreamOptions options = OptionsFor(server);
  options.local_end = {"lo", ""};
  EXPECT_EQ(AsResponse(Engine(options).Send(Get("/"))).body, "127.0.0.1");
}

// The first is no address of this machine's, the second an interface that it has not.
TEST(LocalEnd, ThatIsMissingKeepsEverythingBackAndIsNamedInTheLog) {
  ScriptedServer server(&AnswerWithPeer);
  for (const LocalEnd& end : {LocalEnd{"", "192.0.2.1"}, LocalEnd{"no-such-if0", ""}}) {
    http::UpstreamOptions options = OptionsFor(server);
    options.local_end = end;
    const http::Outcome outcome = Engine(options).Send(OneShot("/", "{}"));
    EXPECT_EQ(AsError(outcome).kind, ErrorKind::kInternal) << AsError(outcome).detail;
    EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
    EXPECT_THAT(AsError(outcome).detail, HasSubstr(end.interface + end.address));
  }
  EXPECT_EQ(server.accepted(), 0);
}

class ConnectionLife : public ::testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Of, ConnectionLife, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Tls" : "Plain"; });

TEST_P(ConnectionLife, EndsThoughItIsUsedAllTheTime) {
  ScriptedServer server(
      [](ServerConnection& c) {
        while (c.Read()) c.Answer(200, "{}");
      },
      GetParam() ? OverTls() : ScriptedServer::Options());
  http::UpstreamOptions options = OptionsFor(server);
  options.max_connection_life = absl::Seconds(2);
  Engine engine(options);
  for (int i = 0; i < 25; ++i) {
    ASSERT_EQ(AsResponse(engine.Send(OneShot("/", "{}"))).status, 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_GE(server.accepted(), 2);
  EXPECT_LT(server.accepted(), 25) << "it is kept, for a while";
}

TEST(Redirects, AndOtherHintsLeadNowhere) {
  ScriptedServer elsewhere(&AnswerWithPeer);
  const std::string url = elsewhere.url();
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) {
      connection.Answer(302, "{}",
                        absl::StrCat("Location: ", url, "/\r\nContent-Location: ", url,
                                     "/\r\nRefresh: 0; url=", url, "/\r\nLink: <", url,
                                     "/>; rel=preload\r\nAlt-Svc: http/1.1=\"127.0.0.1:",
                                     elsewhere.port(), "\"; ma=3600\r\n"));
    }
  });
  const ConnectProxy proxy;
  Engine direct(OptionsFor(server)), through(Through(proxy, OptionsFor(server)));
  for (Engine* engine : {&direct, &through}) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(AsResponse(engine->Send(Post("/", "{}"))).status, 302);
      EXPECT_EQ(AsResponse(engine->Send(Get("/"))).status, 302);
    }
  }
  EXPECT_EQ(elsewhere.accepted(), 0);
  EXPECT_THAT(proxy.Heads(),
              Each(HasSubstr(absl::StrCat("CONNECT 127.0.0.1:", server.port(), " "))));
}

}  // namespace
}  // namespace gw::testing
