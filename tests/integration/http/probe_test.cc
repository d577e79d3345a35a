// What a look at the way to an upstream shows, connection by connection.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/ip_network.h"
#include "service/http/dialer.h"
#include "service/http/lone_request.h"
#include "service/http/tls_probe.h"
#include "tests/integration/http/tls_fixture.h"
#include "tests/support/connect_proxy.h"

namespace gw::testing {
namespace {

using http::DialEnd;
using http::SocketWait;
using http::TlsEnd;
using http::TlsFlaw;
using http::TlsSeen;

http::UpstreamOptions At(int port) {
  return OptionsFor(absl::StrCat("http://127.0.0.1:", port), port);
}

http::Dialed Dial(const http::UpstreamOptions& upstream, SocketWait& wait,
                  const std::string& address = "127.0.0.1") {
  return http::SocketDialer().Dial(upstream, address, wait);
}

DialEnd DialOnce(const http::UpstreamOptions& upstream, const std::string& address = "127.0.0.1") {
  SocketWait wait(SystemClock(), Instant::Never(), {});
  return Dial(upstream, wait, address).end;
}

void AwaitClose(ServerConnection& connection) { connection.AwaitClose(); }

TEST(Dialer, TellsConnectedFromRefusedFromUnreachable) {
  ScriptedServer server(&AwaitClose);
  EXPECT_EQ(DialOnce(At(server.port())), DialEnd::kConnected);
  EXPECT_EQ(DialOnce(At(UnusedPort())), DialEnd::kRefused);
  EXPECT_EQ(DialOnce(At(443), "255.255.255.255"), DialEnd::kUnreachable);
}

TEST(Dialer, AsksNoNameServer) { EXPECT_EQ(DialOnce(At(443), "localhost"), DialEnd::kFailed); }

TEST(Dialer, OpensNoSocketToWhatAnUpstreamsNameMustNotLeadTo) {
  ScriptedServer server(&AwaitClose);
  http::UpstreamOptions named = At(server.port());
  named.host = "upstream.test";
  named.host_is_address = false;
  EXPECT_EQ(DialOnce(named), DialEnd::kNotPermitted);
  EXPECT_EQ(server.accepted(), 0);
  named.egress = http::EgressPolicy({IpNetwork::Parse("127.0.0.0/8").value()});
  EXPECT_EQ(DialOnce(named), DialEnd::kConnected);
}

TEST(Dialer, LeavesFromTheLocalEndThatIsAskedFor) {
  ScriptedServer server(&AwaitClose);
  SocketWait wait(SystemClock(), Instant::Never(), {});
  http::UpstreamOptions upstream = At(server.port());
  upstream.local_end.address = "127.0.0.2";
  const http::Dialed dialed = Dial(upstream, wait);
  ASSERT_EQ(dialed.end, DialEnd::kConnected);
  sockaddr_in local{};
  socklen_t size = sizeof local;
  getsockname(dialed.socket.get(), reinterpret_cast<sockaddr*>(&local), &size);
  EXPECT_EQ(ntohl(local.sin_addr.s_addr), 0x7f000002u);

  upstream.local_end = {"lo", ""};
  EXPECT_EQ(DialOnce(upstream), DialEnd::kConnected);
  upstream.local_end = {"", "192.0.2.1"};
  EXPECT_EQ(DialOnce(upstream), DialEnd::kNoLocalEnd);
  upstream.local_end = {"nowhere0", ""};
  EXPECT_EQ(DialOnce(upstream), DialEnd::kNoLocalEnd);
}

class DialerThroughAProxy : public ::testing::Test {
 protected:
  // To a name that only the proxy could know.
  http::UpstreamOptions Through(int port) const {
    http::UpstreamOptions upstream = At(8443);
    upstream.host = "upstream.test";
    upstream.host_is_address = false;
    upstream.proxy = http::Proxy{{"127.0.0.1", static_cast<uint16_t>(port), true, true},
                                 Secret("user:canary-password")};
    return upstream;
  }
  DialEnd Refused(const std::string& answer) {
    proxy_.Refuse([answer](ServerConnection& connection) { connection.Write(answer); });
    return DialOnce(Through(proxy_.port()));
  }
  ScriptedServer server_{&AwaitClose};
  ConnectProxy proxy_{server_.port()};
};

TEST_F(DialerThroughAProxy, AsksForATunnelAndTellsNothingElse) {
  EXPECT_EQ(DialOnce(Through(proxy_.port())), DialEnd::kConnected);
  EXPECT_EQ(proxy_.Heads(),
            (std::vector<std::string>{
                "CONNECT upstream.test:8443 HTTP/1.1\r\n"
                "Host: upstream.test:8443\r\n"
                "Proxy-Authorization: Basic dXNlcjpjYW5hcnktcGFzc3dvcmQ=\r\n\r\n"}));
  EXPECT_EQ(proxy_.Tunnelled(), "");
}

TEST_F(DialerThroughAProxy, TellsWhyThereIsNoTunnel) {
  EXPECT_EQ(Refused("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), DialEnd::kProxyAuth);
  EXPECT_EQ(Refused("HTTP/1.1 403 Forbidden\r\n\r\n"), DialEnd::kProxyRefused);
  EXPECT_EQ(Refused("HTTP/1.1 502 Bad Gateway\r\n\r\n"), DialEnd::kProxyFailed);
  EXPECT_EQ(Refused("HTTP/1.1 200 Connection established\r\n"), DialEnd::kProxyFailed);
  EXPECT_EQ(Refused("SSH-2.0-OpenSSH_9.2\r\n\r\n"), DialEnd::kProxyFailed);
  EXPECT_EQ(Refused("HTTP/1.1 2\r\n\r\n"), DialEnd::kProxyFailed);
  EXPECT_EQ(Refused("HTTP/1.1 200 " + std::string(20'000, 'x')), DialEnd::kProxyFailed);
  EXPECT_EQ(Refused(""), DialEnd::kProxyFailed);
  EXPECT_EQ(DialOnce(Through(UnusedPort())), DialEnd::kRefused);
}

TEST_F(DialerThroughAProxy, WaitsForItNoLongerThanItsDeadline) {
  proxy_.Refuse(&AwaitClose);
  SocketWait wait(SystemClock(), SystemClock().Now() + absl::Milliseconds(50), {});
  EXPECT_EQ(Dial(Through(proxy_.port()), wait).end, DialEnd::kTimedOut);
}

TEST_F(DialerThroughAProxy, LeavesWhatComesBehindItsAnswerToTheUpstream) {
  proxy_.Greet("HTTP/1.1 200 OK\r\n\r\nfirst bytes");
  SocketWait wait(SystemClock(), Instant::Never(), {});
  const http::Dialed dialed = Dial(Through(proxy_.port()), wait);
  ASSERT_EQ(dialed.end, DialEnd::kConnected);
  ASSERT_TRUE(wait.Await(dialed.socket.get(), POLLIN));
  char bytes[32];
  EXPECT_EQ(recv(dialed.socket.get(), &bytes[0], sizeof bytes, 0), 11);
}

TEST(Dialer, WaitsNoLongerThanItsDeadline) {
  const BlackHole hole;
  SocketWait wait(SystemClock(), SystemClock().Now() + absl::Milliseconds(20), {});
  const http::Dialed dialed = Dial(At(hole.port()), wait);
  EXPECT_EQ(dialed.end, DialEnd::kTimedOut);
  EXPECT_FALSE(dialed.socket);
}

TEST(Dialer, IsStoppedWhileItWaits) {
  const BlackHole hole;
  std::stop_source stop;
  auto end = std::async(std::launch::async, [&] {
    SocketWait wait(SystemClock(), Instant::Never(), stop.get_token());
    return Dial(At(hole.port()), wait).end;
  });
  stop.request_stop();
  EXPECT_EQ(end.get(), DialEnd::kTimedOut);
}

CertificateSpec Spec(const std::string& names, long from = -3600, long until = 86'400) {
  CertificateSpec spec;
  spec.alternative_names = names;
  spec.valid_from = from;
  spec.valid_until = until;
  return spec;
}

class TlsProbe : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { signal(SIGPIPE, SIG_IGN); }

  // What is seen of a server with that certificate.
  static TlsSeen Of(Certificate certificate, int max_version = TLS1_3_VERSION) {
    ScriptedServer server([](ServerConnection& connection) { connection.AwaitClose(); },
                          {TlsOptions{std::move(certificate), max_version}, 0});
    SocketWait wait(SystemClock(), Instant::Never(), {});
    const http::Dialed dialed = Dial(OptionsFor(server), wait);
    return http::ProbeTls(dialed.socket.get(), OptionsFor(server), wait);
  }
  static const TestCa& ca() { return Trust::Get().ca; }
};

TEST_F(TlsProbe, SeesVersionIssuerNamesAndEnd) {
  const absl::Time now = SystemClock().WallNow();
  const TlsSeen seen = Of(ca().Issue(Spec("IP:127.0.0.1,DNS:a.test,IP:::1", -1, 90 * kDay)));
  EXPECT_TRUE(seen.Accepted());
  EXPECT_EQ(seen.version, "TLSv1.3");
  EXPECT_EQ(seen.issuer.rfind("canary-issuer-", 0), 0u) << seen.issuer;
  EXPECT_EQ(seen.names, (std::vector<std::string>{"127.0.0.1", "a.test", "::1"}));
  ASSERT_TRUE(seen.valid_until);
  EXPECT_GE(*seen.valid_until, now + absl::Hours(24 * 90) - absl::Seconds(1));
  EXPECT_LT(*seen.valid_until, now + absl::Hours(24 * 91));
}

TEST_F(TlsProbe, NamesEachFlaw) {
  using Flaws = std::vector<TlsFlaw>;
  EXPECT_EQ(Of(ca().Issue(Spec("IP:127.0.0.1", -3 * kDay, -kDay))).flaws, Flaws{TlsFlaw::kExpired});
  EXPECT_EQ(Of(ca().Issue(Spec("IP:127.0.0.1", kDay, 2 * kDay))).flaws,
            Flaws{TlsFlaw::kNotYetValid});
  EXPECT_EQ(Of(ca().Issue(Spec("DNS:other.test"))).flaws, Flaws{TlsFlaw::kOtherName});
  EXPECT_EQ(Of(TestCa().Issue()).flaws, Flaws{TlsFlaw::kUnknownIssuer});
  EXPECT_EQ(Of(SelfSigned()).flaws, Flaws{TlsFlaw::kUnknownIssuer});
}

TEST_F(TlsProbe, NamesSeveralFlawsTogether) {
  const TlsSeen seen = Of(ca().Issue(Spec("DNS:other.test", -3 * kDay, -kDay)));
  EXPECT_EQ(seen.flaws, (std::vector<TlsFlaw>{TlsFlaw::kOtherName, TlsFlaw::kExpired}));
}

TEST_F(TlsProbe, SeesThatAVersionIsNotSpoken) {
  EXPECT_EQ(Of(ca().Issue(), TLS1_2_VERSION).end, TlsEnd::kVersionRefused);
}

TEST_F(TlsProbe, KeepsWhatThePeerWroteShortAndPrintable) {
  CertificateSpec spec;
  spec.common_name = "evil\x1b[31m\r\n" + std::string(40, 'x') + "\xc3\xa9";
  const TlsSeen seen = Of(SelfSigned(spec));
  EXPECT_EQ(seen.issuer, "evil?[31m??" + std::string(40, 'x') + "??");
}

TEST_F(TlsProbe, TellsOfATrustThatCannotBeReadAndSendsNothing) {
  auto received = std::make_shared<std::promise<bool>>();
  ScriptedServer server([received](ServerConnection& connection) {
    received->set_value(connection.ReadHead().has_value());
  });
  http::UpstreamOptions options = OptionsFor(server);
  options.ca_file = "/nowhere/ca.pem";
  SocketWait wait(SystemClock(), Instant::Never(), {});
  {
    const http::Dialed dialed = Dial(OptionsFor(server), wait);
    EXPECT_EQ(http::ProbeTls(dialed.socket.get(), options, wait).end, TlsEnd::kTrustUnreadable);
  }
  EXPECT_FALSE(received->get_future().get());
}

TEST_F(TlsProbe, SendsNothingAfterTheHandshake) {
  auto received = std::make_shared<std::promise<std::optional<ReceivedRequest>>>();
  ScriptedServer server(
      [received](ServerConnection& connection) { received->set_value(connection.ReadHead()); },
      OverTls());
  {
    SocketWait wait(SystemClock(), Instant::Never(), {});
    const http::Dialed dialed = Dial(OptionsFor(server), wait);
    EXPECT_TRUE(http::ProbeTls(dialed.socket.get(), OptionsFor(server), wait).Accepted());
  }
  EXPECT_FALSE(received->get_future().get());
}

TEST_F(TlsProbe, WaitsForASilentPeerNoLongerThanItsDeadline) {
  ScriptedServer server([](ServerConnection& connection) { connection.AwaitClose(); });
  SocketWait wait(SystemClock(), SystemClock().Now() + absl::Milliseconds(50), {});
  SocketWait patient(SystemClock(), Instant::Never(), {});
  const http::Dialed dialed = Dial(OptionsFor(server), patient);
  EXPECT_EQ(http::ProbeTls(dialed.socket.get(), OptionsFor(server), wait).end, TlsEnd::kTimedOut);
}

TEST(LoneRequest, IsAnsweredOrGivenUpLikeAnyOther) {
  http::CachingResolver resolver(SystemClock(), &http::SystemLookup);
  ScriptedServer server([](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(200, "203.0.113.7");
  });
  const http::Outcome answered = http::SendAlone(OptionsFor(server), resolver, SystemClock(), {});
  EXPECT_EQ(AsResponse(answered).body, "203.0.113.7");

  const BlackHole hole;
  http::Request late;
  late.deadline = SystemClock().Now() + absl::Milliseconds(20);
  EXPECT_EQ(AsError(http::SendAlone(OptionsFor(hole.url(), hole.port()), resolver, SystemClock(),
                                    std::move(late)))
                .kind,
            http::ErrorKind::kDeadline);

  std::stop_source stop;
  stop.request_stop();
  http::Request cancelled;
  cancelled.cancel = stop.get_token();
  EXPECT_EQ(AsError(http::SendAlone(OptionsFor(hole.url(), hole.port()), resolver, SystemClock(),
                                    std::move(cancelled)))
                .kind,
            http::ErrorKind::kCancelled);
}

}  // namespace
}  // namespace gw::testing
