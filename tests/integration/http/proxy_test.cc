// The way through a proxy: what it is told and what it is not, what its refusals mean, and that the
// promises about requests hold as they do without one.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <future>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/http/upstream_status.h"
#include "tests/integration/http/proxy_fixture.h"
#include "tests/integration/http/tls_fixture.h"

namespace gw::testing {
namespace {

using http::ErrorKind;
using http::Phase;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kUpstreamKey[] = "canary-api-key";
constexpr char kCredentials[] = "gateway:p%41s:s+w/rd=";

http::Request WithKey(http::Request request) {
  request.headers.push_back({"x-api-key", kUpstreamKey});
  return request;
}

// Nobody may be asked: the proxy looks the upstream's name up.
absl::StatusOr<std::vector<std::string>> NoLookup(const std::string& host) {
  ADD_FAILURE() << host << " was looked up";
  return absl::UnavailableError("none");
}

class ThroughAProxy : public ::testing::TestWithParam<bool> {
 protected:
  static bool tls() { return GetParam(); }
  static ScriptedServer::Options Speaking() {
    return tls() ? OverTls() : ScriptedServer::Options();
  }
};

INSTANTIATE_TEST_SUITE_P(To, ThroughAProxy, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Tls" : "Plain"; });

TEST_P(ThroughAProxy, RequestsGoByATunnelThatIsKept) {
  ScriptedServer server(&AnswerAll, Speaking());
  const ConnectProxy proxy;
  Engine engine(Through(proxy, OptionsFor(server)), &NoLookup);
  for (int i = 0; i < 5; ++i) {
    const http::Outcome outcome = engine.Send(Post("/", "{}"));
    EXPECT_EQ(AsResponse(outcome).status, 200);
    EXPECT_EQ(AsResponse(outcome).body, "{}");
    EXPECT_EQ(AsResponse(outcome).Header("X-Proxy"), std::nullopt) << "the proxy's head";
  }
  EXPECT_EQ(proxy.accepted(), 1);
  EXPECT_EQ(server.accepted(), 1);
}

TEST_P(ThroughAProxy, TheProxyIsToldWhereToAndItsCredentialsAndNothingElse) {
  std::promise<std::string> head;
  ScriptedServer server(
      [&](ServerConnection& connection) {
        auto request = connection.Read();
        if (!request) return;
        head.set_value(request->head);
        connection.Answer(200, "{}");
      },
      Speaking());
  const ConnectProxy proxy;
  Engine engine(Through(proxy, OptionsFor(server), kCredentials), &NoLookup);
  ASSERT_EQ(AsResponse(engine.Send(WithKey(Post("/", "{}")))).status, 200);
  const std::string to = absl::StrCat("127.0.0.1:", server.port());
  EXPECT_THAT(proxy.Heads(),
              ElementsAre(absl::StrCat(
                  "CONNECT ", to, " HTTP/1.1\r\nHost: ", to, "\r\nProxy-Connection: Keep-Alive\r\n",
                  "Proxy-Authorization: Basic ", absl::Base64Escape(kCredentials), "\r\n\r\n")));
  const std::string seen_upstream = head.get_future().get();
  EXPECT_THAT(seen_upstream, HasSubstr(kUpstreamKey));
  EXPECT_THAT(absl::AsciiStrToLower(seen_upstream), Not(HasSubstr("proxy-")));
  if (tls()) {
    EXPECT_THAT(proxy.Tunnelled(), Not(HasSubstr(kUpstreamKey)));
  }
}

TEST_P(ThroughAProxy, TheUpstreamsNameIsTheProxysToLookUp) {
  ScriptedServer server(
      &AnswerAll,
      tls() ? ScriptedServer::Options{TlsOptions{Trust::Get().ca.Issue({"DNS:upstream.test"})}, 0}
            : ScriptedServer::Options());
  const ConnectProxy proxy;
  http::UpstreamOptions options = ByName(OptionsFor(server));
  options.egress = http::EgressPolicy();
  Engine engine(Through(proxy, options), &NoLookup);
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).status, 200);
  EXPECT_THAT(proxy.Heads(),
              ElementsAre(HasSubstr(absl::StrCat("CONNECT upstream.test:", server.port(), " "))));
}

TEST(Proxy, ThatIsANameIsLookedUpByTheResolverAndIsItsOwnPermission) {
  ScriptedServer server(&AnswerAll);
  const ConnectProxy proxy;
  http::UpstreamOptions options = Through(proxy, ByName(OptionsFor(server)));
  options.egress = http::EgressPolicy();
  options.proxy->at.host = "proxy.test";
  options.proxy->at.host_is_address = false;
  auto lookups = std::make_shared<std::atomic<int>>(0);
  Engine engine(options,
                [lookups](const std::string& host) -> absl::StatusOr<std::vector<std::string>> {
                  ++*lookups;
                  if (host != "proxy.test") return absl::UnavailableError("another name");
                  return std::vector<std::string>{"127.0.0.1"};
                });
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).status, 200);
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).status, 200);
  EXPECT_EQ(*lookups, 1);
}

TEST(Proxy, OfTheEnvironmentIsNotAskedAndExceptionsOfTheEnvironmentDoNotHold) {
  ScriptedServer server(&AnswerAll);
  const ConnectProxy ours, of_the_environment;
  const std::string other = absl::StrCat("http://127.0.0.1:", of_the_environment.port());
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"}) {
    setenv(name, other.c_str(), 1);
  }
  EXPECT_EQ(AsResponse(Engine(OptionsFor(server)).Send(Get("/"))).status, 200);
  setenv("no_proxy", "*", 1);
  EXPECT_EQ(AsResponse(Engine(Through(ours, OptionsFor(server))).Send(Get("/"))).status, 200);
  for (const char* name :
       {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY", "no_proxy"}) {
    unsetenv(name);
  }
  EXPECT_EQ(ours.accepted(), 1);
  EXPECT_EQ(of_the_environment.accepted(), 0);
}

struct Refusal {
  const char* name;
  std::string answer;  // then the connection's end
  ErrorKind kind;
};

std::string Head(int status) { return absl::StrCat("HTTP/1.1 ", status, " canary-proxy\r\n"); }

const Refusal kRefusals[] = {
    {"407", Head(407) + "Proxy-Authenticate: Basic realm=\"canary\"\r\n\r\n",
     ErrorKind::kProxyAuth},
    {"407ThatStaysOpen",
     Head(407) + "Proxy-Authenticate: Basic realm=\"canary\"\r\nContent-Length: 2\r\n\r\n{}",
     ErrorKind::kProxyAuth},
    {"407ForAnotherScheme",
     Head(407) + "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n",
     ErrorKind::kProxyAuth},
    {"403", Head(403) + "Content-Length: 6\r\n\r\ncanary", ErrorKind::kProxyRefused},
    {"401", Head(401) + "WWW-Authenticate: Basic\r\n\r\n", ErrorKind::kProxyRefused},
    {"405", Head(405) + "\r\n", ErrorKind::kProxyRefused},
    {"302", Head(302) + "Location: http://127.0.0.1:1/canary\r\n\r\n", ErrorKind::kProxyRefused},
    {"429", Head(429) + "\r\n", ErrorKind::kConnect},
    {"500", Head(500) + "\r\n", ErrorKind::kConnect},
    {"502", Head(502) + "Content-Length: 6\r\n\r\ncanary", ErrorKind::kConnect},
    {"504", Head(504) + "\r\n", ErrorKind::kConnect},
    {"NoAnswer", "", ErrorKind::kConnect},
    {"PartOfAnAnswer", "HTTP/1.1 200 Conn", ErrorKind::kConnect},
    {"PartOfAHead", "HTTP/1.1 200 Connection established\r\nVia: ", ErrorKind::kConnect},
    {"InterimAnswerOnly", "HTTP/1.1 100 Continue\r\n\r\n", ErrorKind::kConnect},
    {"NotHttp", "SSH-2.0-canary\r\n\r\n", ErrorKind::kConnect},
};

class RefusingProxy : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusingProxy, IsToldAsWhatItIsAndNothingIsSent) {
  const Refusal& c = GetParam();
  for (const bool tls : {false, true}) {
    ScriptedServer server(&AnswerAll, tls ? OverTls() : ScriptedServer::Options());
    ConnectProxy proxy;
    proxy.Refuse([&c](ServerConnection& connection) { connection.Write(c.answer); });
    Engine engine(Through(proxy, OptionsFor(server), kCredentials));
    bool asked = false;
    http::Request request = WithKey(OneShot("/", "{}"));
    request.before_send = [&asked] { return asked = true; };
    const http::Outcome outcome = engine.Send(std::move(request));
    EXPECT_EQ(AsError(outcome).kind, c.kind) << AsError(outcome).detail;
    EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
    EXPECT_FALSE(asked);
    EXPECT_THAT(AsError(outcome).detail, Not(HasSubstr("canary")));
    const absl::Status status = http::StatusOf(outcome, {"concero", {}, ""});
    EXPECT_EQ(GetFailure(status).reason, c.kind == ErrorKind::kConnect
                                             ? Reason::kUpstreamUnavailable
                                             : Reason::kEgressRefused);
    EXPECT_EQ(server.accepted(), 0);
    EXPECT_EQ(proxy.Heads().size(), 1u) << "it is asked once";
  }
}

INSTANTIATE_TEST_SUITE_P(That, RefusingProxy, ::testing::ValuesIn(kRefusals),
                         [](const auto& param) {
                           return absl::StrCat("Answers", param.param.name);
                         });

TEST(Proxy, ThatCannotBeReachedIsAConnectionFailure) {
  ScriptedServer server(&AnswerAll);
  ConnectProxy proxy;
  proxy.StopListening();
  Engine engine(Through(proxy, OptionsFor(server)));
  const http::Outcome outcome = engine.Send(OneShot("/", "{}"));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kConnect) << AsError(outcome).detail;
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
  EXPECT_EQ(server.accepted(), 0) << "there is no way around it";
}

TEST(Proxy, ThatNeverAnswersIsGivenUpAtTheConnectTimeout) {
  ScriptedServer server(&AnswerAll);
  ConnectProxy proxy;
  proxy.Refuse([](ServerConnection& connection) { connection.AwaitClose(); });
  http::UpstreamOptions options = Through(proxy, OptionsFor(server));
  options.connect_timeout = absl::Milliseconds(100);
  Engine engine(options);
  const http::Outcome outcome = engine.Send(OneShot("/", "{}"));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kConnect) << AsError(outcome).detail;
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
}

TEST(Proxy, ThatSendsAnEndlessHeadIsGivenUp) {
  ScriptedServer server(&AnswerAll);
  ConnectProxy proxy;
  proxy.Refuse([](ServerConnection& connection) {
    connection.Write("HTTP/1.1 200 Connection established\r\n");
    while (connection.Write("X-Filler: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  Engine engine(Through(proxy, OptionsFor(server)));
  const http::Outcome outcome = engine.Send(OneShot("/", "{}"));
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected) << AsError(outcome).detail;
}

TEST(Proxy, IsNotBelievedToBeTheUpstream) {
  const TestCa stranger;
  ScriptedServer impostor(&AnswerAll, {TlsOptions{stranger.Issue()}, 0});
  ScriptedServer server(&AnswerAll, OverTls());
  const ConnectProxy proxy(impostor.port());
  Engine engine(Through(proxy, OptionsFor(server)));
  const http::Outcome outcome = engine.Send(WithKey(OneShot("/", "{}")));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kTls) << AsError(outcome).detail;
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
}

// What libcurl has counted of the CONNECT is not of the request.
TEST_P(ThroughAProxy, NothingIsSentWhenTheLastQuestionIsAnsweredNo) {
  ScriptedServer server(&AnswerAll, Speaking());
  const ConnectProxy proxy;
  Engine engine(Through(proxy, OptionsFor(server), kCredentials));
  http::Request request = OneShot("/", "{}");
  request.before_send = [] { return false; };
  const http::Outcome outcome = engine.Send(std::move(request));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kRefused);
  EXPECT_EQ(AsError(outcome).phase, Phase::kConnected);
}

TEST(ThroughAPlainProxy, APeerThatIsGoneBeforeTheFirstByteHasBeenSentNothing) {
  std::promise<void> reset, gone;
  ConnectProxy proxy;
  proxy.Refuse([&](ServerConnection& connection) {
    connection.Write("HTTP/1.1 200 Connection established\r\n\r\n");
    reset.get_future().wait();
    connection.Reset();
    gone.set_value();
  });
  ScriptedServer server(&AnswerAll);
  Engine engine(Through(proxy, OptionsFor(server)));
  http::Request request = OneShot("/", "{}");
  request.before_send = [&] {
    reset.set_value();
    gone.get_future().wait();
    return true;
  };
  const http::Outcome outcome = engine.Send(std::move(request));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kConnectionLost) << AsError(outcome).detail;
  EXPECT_EQ(AsError(outcome).phase, Phase::kConnected);
}

}  // namespace
}  // namespace gw::testing
