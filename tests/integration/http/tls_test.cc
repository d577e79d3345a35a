// Whom the engine trusts, and what it says of a connection that does not come about.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <future>
#include <stop_token>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/http/dialer.h"
#include "service/http/tls_probe.h"
#include "service/http/upstream_status.h"
#include "tests/integration/http/tls_fixture.h"

namespace gw::testing {
namespace {

using http::ErrorKind;
using http::Phase;

CertificateSpec Named(const std::string& alternative_names) {
  CertificateSpec spec;
  spec.alternative_names = alternative_names;
  return spec;
}

CertificateSpec Valid(long from, long until) {
  CertificateSpec spec;
  spec.valid_from = from;
  spec.valid_until = until;
  return spec;
}

TlsOptions Offering(int max_version, bool requires_client_certificate = false) {
  return {Trust::Get().ca.Issue(), max_version, requires_client_certificate};
}

// Which upstream is asked for; both lead to the server.
enum class By { kAddress, kName };
enum class Trusting { kCaFile, kSystem };

struct Handshake {
  const char* name;
  TlsOptions server;
  bool trusted;
  Phase phase = Phase::kNotConnected;  // of the refusal
  By by = By::kAddress;
  bool require_tls13 = true;
  Trusting trusting = Trusting::kCaFile;
};

std::vector<Handshake> Handshakes() {
  const TestCa& ca = Trust::Get().ca;
  const TestCa other;
  const Phase none = Phase::kNotConnected;
  return {
      {"OfATrustedChainAndTheRightAddress", {ca.Issue()}, true},
      {"OfATrustedChainAndTheRightName",
       {ca.Issue(Named("DNS:upstream.test"))},
       true,
       none,
       By::kName},
      {"OfATrustedChainAndTheRightOfTwoNames",
       {ca.Issue(Named("DNS:other.test,DNS:upstream.test"))},
       true,
       none,
       By::kName},
      {"OfATls12ServerWhenThatIsEnough", Offering(TLS1_2_VERSION), true, none, By::kAddress, false},
      {"OfATls13ServerWhenLessIsEnough", Offering(TLS1_3_VERSION), true, none, By::kAddress, false},
      {"OfAnotherName", {ca.Issue(Named("DNS:other.test"))}, false, none, By::kName},
      {"OfANameBelow", {ca.Issue(Named("DNS:a.upstream.test"))}, false, none, By::kName},
      {"OfAnotherAddress", {ca.Issue(Named("IP:127.0.0.2"))}, false},
      {"OfANameWhereAnAddressIsAskedFor", {ca.Issue(Named("DNS:127.0.0.1"))}, false},
      {"OfTheAddressWhereANameIsAskedFor",
       {ca.Issue(Named("IP:127.0.0.1"))},
       false,
       none,
       By::kName},
      {"OfAnotherAuthority", {other.Issue()}, false},
      {"OfASelfSignedCertificate", {SelfSigned()}, false},
      {"OfAnExpiredCertificate", {ca.Issue(Valid(-2 * kDay, -kDay))}, false},
      {"OfACertificateOfTomorrow", {ca.Issue(Valid(kDay, 2 * kDay))}, false},
      {"OfATls12ServerWhenTls13IsRequired", Offering(TLS1_2_VERSION), false},
      {"OfATls12ServerThatRequiresACertificate", Offering(TLS1_2_VERSION, true), false, none,
       By::kAddress, false},
      // In TLS 1.3 the client is done before the server has looked: the request has left.
      {"OfATls13ServerThatRequiresACertificate", Offering(TLS1_3_VERSION, true), false,
       Phase::kWritten},
      {"OfAnAuthorityThatTheSystemDoesNotKnow",
       {ca.Issue()},
       false,
       none,
       By::kAddress,
       true,
       Trusting::kSystem},
  };
}

class TlsHandshake : public ::testing::TestWithParam<Handshake> {};

http::UpstreamOptions OptionsFor(const Handshake& c, const ScriptedServer& server) {
  http::UpstreamOptions options = OptionsFor(server);
  if (c.by == By::kName) options = ByName(options);
  options.require_tls13 = c.require_tls13;
  if (c.trusting == Trusting::kSystem) options.ca_file.clear();
  return options;
}

// What a probe of the server at 127.0.0.1 sees.
http::TlsSeen Probe(const http::UpstreamOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  http::SocketWait wait(SystemClock(), Instant::Never(), {});
  // A peer that resets at once may do so before the connect has been looked at.
  http::Dialed dialed = http::SocketDialer().Dial(options, "127.0.0.1", wait);
  for (int i = 0; i < 100 && dialed.end == http::DialEnd::kRefused; ++i) {
    dialed = http::SocketDialer().Dial(options, "127.0.0.1", wait);
  }
  EXPECT_EQ(dialed.end, http::DialEnd::kConnected);
  return http::ProbeTls(dialed.socket.get(), options, wait);
}

TEST_P(TlsHandshake, IsJudgedByTheProbeAsByTheEngine) {
  const Handshake& c = GetParam();
  ScriptedServer server(&AnswerAll, {c.server, 0});
  const http::TlsSeen seen = Probe(OptionsFor(c, server));
  // With TLS 1.3 a server looks at what it was sent after the client is done.
  EXPECT_EQ(seen.Accepted(), c.trusted || c.phase == Phase::kWritten)
      << static_cast<int>(seen.end) << " " << seen.other_flaw;
}

TEST_P(TlsHandshake, IsAcceptedOrRefusedAsTheTableSays) {
  const Handshake& c = GetParam();
  ScriptedServer server(&AnswerAll, {c.server, 0});
  Engine engine(OptionsFor(c, server), [](const std::string&) {
    return absl::StatusOr<std::vector<std::string>>(std::vector<std::string>{"127.0.0.1"});
  });

  const http::Outcome outcome = engine.Send(OneShot("/", "{}"));
  if (c.trusted) {
    ASSERT_TRUE(std::holds_alternative<http::Response>(outcome)) << AsError(outcome).detail;
    EXPECT_EQ(AsResponse(outcome).status, 200);
    return;
  }
  ASSERT_TRUE(std::holds_alternative<http::TransportError>(outcome));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kTls) << AsError(outcome).detail;
  EXPECT_EQ(AsError(outcome).phase, c.phase) << AsError(outcome).detail;
  const absl::Status status = http::StatusOf(outcome, {"concero", {}, ""});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_EQ(GetFailure(status).reason, Reason::kUpstreamTlsFailed);
  EXPECT_FALSE(absl::StrContains(status.message(), "canary")) << status;
}

INSTANTIATE_TEST_SUITE_P(Table, TlsHandshake, ::testing::ValuesIn(Handshakes()),
                         [](const auto& param) { return param.param.name; });

// A peer that does something else than its part of the handshake.
struct Breach {
  const char* name;
  ScriptedServer::Script script;
  ErrorKind kind;
};

// The head of a handshake record that announces more than comes.
constexpr absl::string_view kPartOfAServerHello("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03", 11);

std::vector<Breach> Breaches() {
  return {
      {"AnswersInPlainHttp",
       [](ServerConnection& c) {
         c.ReadSome();
         c.Answer(400, "plain HTTP");
       },
       ErrorKind::kTls},
      {"AnswersGarbage",
       [](ServerConnection& c) {
         c.ReadSome();
         c.Write(std::string(4096, 'g'));
         c.AwaitClose();
       },
       ErrorKind::kTls},
      {"ClosesAtOnce", [](ServerConnection&) {}, ErrorKind::kConnect},
      {"ClosesAfterTheHello", [](ServerConnection& c) { c.ReadSome(); }, ErrorKind::kConnect},
      {"ClosesWithinItsHello",
       [](ServerConnection& c) {
         c.ReadSome();
         c.Write(kPartOfAServerHello);
       },
       ErrorKind::kConnect},
      {"ResetsAtOnce", [](ServerConnection& c) { c.Reset(); }, ErrorKind::kConnect},
      {"ResetsAfterTheHello",
       [](ServerConnection& c) {
         c.ReadSome();
         c.Reset();
       },
       ErrorKind::kConnect},
      {"ResetsWithinItsHello",
       [](ServerConnection& c) {
         c.ReadSome();
         c.Write(kPartOfAServerHello);
         c.Reset();
       },
       ErrorKind::kConnect},
  };
}

class TlsPeer : public ::testing::TestWithParam<Breach> {};

TEST_P(TlsPeer, ThatBreaksTheHandshakeIsSeenToDoSo) {
  ScriptedServer server(GetParam().script);
  const http::TlsSeen seen = Probe(OptionsFor(server));
  if (GetParam().kind == ErrorKind::kConnect) {
    EXPECT_EQ(seen.end, http::TlsEnd::kBrokenOff);
  } else {
    EXPECT_EQ(seen.end, http::TlsEnd::kNotTls);
  }
}

TEST_P(TlsPeer, ThatBreaksTheHandshakeHasBeenSentNothing) {
  ScriptedServer server(GetParam().script);
  http::UpstreamOptions options = OptionsFor(server);
  options.base_url = absl::StrCat("https://127.0.0.1:", server.port());
  Engine engine(options);
  const http::Outcome outcome = engine.Send(OneShot("/", "{}"));
  EXPECT_EQ(AsError(outcome).kind, GetParam().kind) << AsError(outcome).detail;
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
  const Reason reason = GetFailure(http::StatusOf(outcome, {"concero", {}, ""})).reason;
  EXPECT_EQ(reason, GetParam().kind == ErrorKind::kTls ? Reason::kUpstreamTlsFailed
                                                       : Reason::kUpstreamUnavailable);
}

INSTANTIATE_TEST_SUITE_P(Table, TlsPeer, ::testing::ValuesIn(Breaches()),
                         [](const auto& param) { return param.param.name; });

enum class Ending { kConnectTimeout, kTimeout, kDeadline, kCancel, kStop };
struct Stall {
  const char* name;
  Ending ending;
  ErrorKind kind;
};

class TlsPeerThatStalls : public ::testing::TestWithParam<Stall> {};

TEST_P(TlsPeerThatStalls, WithinTheHandshakeHasBeenSentNothing) {
  std::promise<void> stalled;
  ScriptedServer server([&](ServerConnection& c) {
    c.ReadSome();
    c.Write(kPartOfAServerHello);
    stalled.set_value();
    c.AwaitClose();
  });
  const Ending ending = GetParam().ending;
  http::UpstreamOptions options = OptionsFor(server);
  options.base_url = absl::StrCat("https://127.0.0.1:", server.port());
  if (ending == Ending::kConnectTimeout) options.connect_timeout = absl::Milliseconds(100);
  if (ending == Ending::kTimeout) options.timeout = absl::Milliseconds(100);
  Engine engine(options);
  Outcomes outcomes;
  std::stop_source cancel;
  http::Request request = OneShot("/", "{}");
  request.cancel = cancel.get_token();
  if (ending == Ending::kDeadline) {
    request.deadline = SystemClock().Now() + absl::Milliseconds(100);
  }
  engine.loop().Start(std::move(request), outcomes.Expect());
  if (ending == Ending::kCancel || ending == Ending::kStop) stalled.get_future().wait();
  if (ending == Ending::kCancel) cancel.request_stop();
  if (ending == Ending::kStop) engine.loop().Stop();
  outcomes.Await();
  const http::Outcome outcome = outcomes.all()[0].at(0);
  EXPECT_EQ(AsError(outcome).kind, GetParam().kind) << AsError(outcome).detail;
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, TlsPeerThatStalls,
    ::testing::Values(Stall{"UntilTheConnectTimeout", Ending::kConnectTimeout, ErrorKind::kConnect},
                      Stall{"UntilTheTimeout", Ending::kTimeout, ErrorKind::kTimeout},
                      Stall{"UntilTheDeadline", Ending::kDeadline, ErrorKind::kDeadline},
                      Stall{"UntilTheCancel", Ending::kCancel, ErrorKind::kCancelled},
                      Stall{"UntilTheStop", Ending::kStop, ErrorKind::kShutdown}),
    [](const auto& param) { return param.param.name; });

TEST(TlsTrust, OfOneUpstreamIsNotThatOfAnother) {
  ScriptedServer server(&AnswerAll, OverTls());
  Engine trusting(OptionsFor(server));
  EXPECT_EQ(AsResponse(trusting.Send(Get("/"))).status, 200);
  const TemporaryDirectory directory;
  http::UpstreamOptions options = OptionsFor(server);
  options.ca_file = directory.Write("other.pem", TestCa().Pem());
  Engine distrusting(options);
  EXPECT_EQ(AsError(distrusting.Send(Get("/"))).kind, ErrorKind::kTls);
  EXPECT_EQ(AsResponse(trusting.Send(Get("/"))).status, 200);
}

// Reading the system's takes long enough to hold up every other transfer.
TEST(TlsTrust, IsReadOnceForManyConnections) {
  ScriptedServer server(&AnswerAll, OverTls());
  const TemporaryDirectory directory;
  http::UpstreamOptions options = OptionsFor(server);
  options.ca_file = directory.Write("ca.pem", Trust::Get().ca.Pem());
  options.max_idle = absl::ZeroDuration();
  Engine engine(options);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(AsResponse(engine.Send(Get("/"))).status, 200);
    std::filesystem::remove(options.ca_file);
  }
  EXPECT_EQ(server.accepted(), 3);
}

TEST(TlsTrust, IsLostWhenTheFileIsGoneAndNothingIsSent) {
  ScriptedServer server(&AnswerAll, OverTls());
  http::UpstreamOptions options = OptionsFor(server);
  options.ca_file += ".gone";
  Engine engine(options);
  const http::Outcome outcome = engine.Send(OneShot("/", "{}"));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kTls) << AsError(outcome).detail;
  EXPECT_TRUE(AsError(outcome).NothingSent());
}

TEST(TlsConnection, IsUsedAgain) {
  ScriptedServer server(&AnswerAll, OverTls());
  Engine engine(OptionsFor(server));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(AsResponse(engine.Send(Get("/"))).status, 200);
  EXPECT_EQ(server.accepted(), 1);
}

}  // namespace
}  // namespace gw::testing
