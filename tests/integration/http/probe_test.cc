// What a look at the way to an upstream shows, connection by connection.
#include <gtest/gtest.h>
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
#include "service/http/dialer.h"
#include "service/http/lone_request.h"
#include "service/http/tls_probe.h"
#include "tests/integration/http/tls_fixture.h"

namespace gw::testing {
namespace {

using http::DialEnd;
using http::SocketWait;
using http::TlsEnd;
using http::TlsFlaw;
using http::TlsSeen;

http::Dialed Dial(int port, SocketWait& wait, const std::string& host = "127.0.0.1") {
  return http::DirectDialer().Dial(host, port, wait);
}

DialEnd DialOnce(int port, const std::string& host = "127.0.0.1") {
  SocketWait wait(SystemClock(), Instant::Never(), {});
  return Dial(port, wait, host).end;
}

TEST(Dialer, TellsConnectedFromRefusedFromUnreachable) {
  ScriptedServer server([](ServerConnection& connection) { connection.AwaitClose(); });
  EXPECT_EQ(DialOnce(server.port()), DialEnd::kConnected);
  EXPECT_EQ(DialOnce(UnusedPort()), DialEnd::kRefused);
  EXPECT_EQ(DialOnce(443, "255.255.255.255"), DialEnd::kUnreachable);
}

TEST(Dialer, AsksNoNameServer) { EXPECT_EQ(DialOnce(443, "localhost"), DialEnd::kFailed); }

TEST(Dialer, WaitsNoLongerThanItsDeadline) {
  const BlackHole hole;
  SocketWait wait(SystemClock(), SystemClock().Now() + absl::Milliseconds(20), {});
  const http::Dialed dialed = Dial(hole.port(), wait);
  EXPECT_EQ(dialed.end, DialEnd::kTimedOut);
  EXPECT_FALSE(dialed.socket);
}

TEST(Dialer, IsStoppedWhileItWaits) {
  const BlackHole hole;
  std::stop_source stop;
  auto end = std::async(std::launch::async, [&] {
    SocketWait wait(SystemClock(), Instant::Never(), stop.get_token());
    return Dial(hole.port(), wait).end;
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

constexpr long kDay = 86'400;

class TlsProbe : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { signal(SIGPIPE, SIG_IGN); }

  // What is seen of a server with that certificate.
  static TlsSeen Of(Certificate certificate, int max_version = TLS1_3_VERSION) {
    ScriptedServer server([](ServerConnection& connection) { connection.AwaitClose(); },
                          {TlsOptions{std::move(certificate), max_version}, 0});
    SocketWait wait(SystemClock(), Instant::Never(), {});
    const http::Dialed dialed = Dial(server.port(), wait);
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
    const http::Dialed dialed = Dial(server.port(), wait);
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
    const http::Dialed dialed = Dial(server.port(), wait);
    EXPECT_TRUE(http::ProbeTls(dialed.socket.get(), OptionsFor(server), wait).Accepted());
  }
  EXPECT_FALSE(received->get_future().get());
}

TEST_F(TlsProbe, WaitsForASilentPeerNoLongerThanItsDeadline) {
  ScriptedServer server([](ServerConnection& connection) { connection.AwaitClose(); });
  SocketWait wait(SystemClock(), SystemClock().Now() + absl::Milliseconds(50), {});
  SocketWait patient(SystemClock(), Instant::Never(), {});
  const http::Dialed dialed = Dial(server.port(), patient);
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
