// concero-gateway --preflight: what it says of each thing that may be wrong, and that it does no
// harm.
#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/gateway/stack.h"
#include "tests/support/connect_proxy.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class PreflightProgram : public ::testing::Test {
 protected:
  struct Ran {
    int code;
    std::string out, err;
  };

  // Of a configuration for both upstreams, unless a URL is empty.
  Ran Run(const std::string& concero_url, const GatewaySettings& settings) {
    Process process({PROGRAMS "/concero-gateway", "--config",
                     WriteConfig(directory_, concero_url, settings), "--preflight"},
                    directory_.path());
    Ran ran{process.Wait(), process.out(), process.err()};
    for (const std::string& secret : {settings.key, settings.token, settings.secret_key}) {
      EXPECT_EQ((ran.out + ran.err).find(secret), std::string::npos) << ran.out << ran.err;
    }
    EXPECT_EQ(ran.err, "");
    return ran;
  }

  // For both upstreams of a sandbox, with its echo.
  static GatewaySettings Both(const Sandbox& sandbox) {
    GatewaySettings settings;
    settings.proctorexam_url = sandbox.proctorexam_url();
    settings.egress = "echo_url: \"" + sandbox.root() + "/_sandbox/address\"";
    if (!sandbox.ca_file().empty()) settings.egress += ", ca_file: \"" + sandbox.ca_file() + "\"";
    return settings;
  }

  // How many lines of a check's name begin with that result.
  static int Count(const std::string& table, const std::string& check, const std::string& result) {
    const std::string line = check + std::string(12 - check.size(), ' ') + result;
    int n = 0;
    for (size_t at = table.find(line); at != std::string::npos; at = table.find(line, at + 1)) ++n;
    return n;
  }

  // Everything that an upstream was asked changes nothing.
  static void ExpectOnlyGets(Sandbox& sandbox, size_t requests) {
    const json journal = sandbox.Journal();
    for (const json& request : journal.at("requests")) {
      EXPECT_EQ(request.at("method"), "GET") << request;
    }
    EXPECT_EQ(journal.at("requests").size(), requests) << journal;
  }

  TemporaryDirectory directory_;
};

TEST_F(PreflightProgram, IsContentWithBothUpstreamsWhenAllIsWell) {
  const TestCa ca;
  CertificateSpec spec;
  spec.valid_until = 86'400 * 61 + 3600;
  Sandbox sandbox(directory_, ca, spec);
  const Ran ran = Run(sandbox.base_url(), Both(sandbox));
  EXPECT_EQ(ran.code, 0) << ran.out;
  for (const char* const check : {"dns", "connect", "tls", "clock", "credential", "egress_ip"}) {
    EXPECT_EQ(Count(ran.out, check, "ok"), 2) << check << "\n" << ran.out;
  }
  EXPECT_THAT(ran.out, AllOf(HasSubstr("TLSv1.3, certificate issued by canary-issuer-"),
                             HasSubstr("61 days left"), HasSubstr("the key is accepted"),
                             HasSubstr("egress_ip   ok       127.0.0.1")));
  ExpectOnlyGets(sandbox, 2);
}

TEST_F(PreflightProgram, SaysThatAKeyIsWrong) {
  Sandbox sandbox(directory_);
  GatewaySettings settings;
  settings.key = "another-api-key";
  const Ran ran = Run(sandbox.base_url(), settings);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("credential  FAILED   answered 401: the key is wrong"),
                             HasSubstr("concero.api_key_file (the one in use has the fingerprint "),
                             HasSubstr("egress_ip   skipped  egress.echo_url is not set")));
  ExpectOnlyGets(sandbox, 1);
}

TEST_F(PreflightProgram, SaysWhichAddressIsNotAllowlisted) {
  Sandbox sandbox(directory_, {"--allow-ip", "192.0.2.1"});
  GatewaySettings settings = Both(sandbox);
  settings.proctorexam_url = "";
  const Ran ran = Run(sandbox.base_url(), settings);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("credential  FAILED   answered 403: this address is not allowlisted, "
                              "the address the upstream sees is 127.0.0.1"),
                    HasSubstr("ask concero to allowlist 127.0.0.1")));
}

TEST_F(PreflightProgram, TakesAPageOfARefusalForOneOfTheAddress) {
  Sandbox sandbox(directory_);
  sandbox.SetFaults(json::array({{{"status", 403},
                                  {"headers", {{"Content-Type", "text/html"}}},
                                  {"body", "<h1>Forbidden canary-page</h1>"}}}));
  const Ran ran = Run(sandbox.base_url(), Both(sandbox));
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(Count(ran.out, "credential",
                  "FAILED   answered 403 with a page of HTML: this address "
                  "is not allowlisted, the address the upstream sees is "
                  "127.0.0.1"),
            2)
      << ran.out;
  EXPECT_THAT(ran.out, Not(HasSubstr("canary-page")));
}

TEST_F(PreflightProgram, SaysThatACertificateHasExpired) {
  CertificateSpec expired;
  expired.valid_from = -86'400 * 90;
  expired.valid_until = -86'400 * 3 - 3600;
  Sandbox sandbox(directory_, TestCa(), expired);
  GatewaySettings settings = Both(sandbox);
  settings.egress = "ca_file: \"" + sandbox.ca_file() + "\"";
  const Ran ran = Run(sandbox.base_url(), settings);
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(Count(ran.out, "tls", "FAILED   TLSv1.3, its certificate expired 3 days ago"), 2)
      << ran.out;
  EXPECT_EQ(Count(ran.out, "credential", "skipped  needs tls"), 2) << ran.out;
  EXPECT_EQ(Count(ran.out, "clock", "skipped  needs tls"), 2) << ran.out;
}

TEST_F(PreflightProgram, SendsNoCredentialToWhomItDoesNotTrust) {
  const TestCa ca;
  CertificateSpec expired;
  expired.valid_until = -60;
  for (const Certificate& certificate : {ca.Issue(expired), TestCa().Issue(), SelfSigned()}) {
    auto requests = std::make_shared<std::atomic<int>>(0);
    ScriptedServer server(
        [requests](ServerConnection& connection) { *requests += connection.ReadHead() ? 1 : 0; },
        {TlsOptions{certificate}, 0});
    GatewaySettings settings;
    settings.proctorexam_url = server.url();
    settings.egress = "ca_file: \"" + directory_.Write("ca.pem", ca.Pem()) + "\"";
    const Ran ran = Run(server.url(), settings);
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(Count(ran.out, "tls", "FAILED"), 2) << ran.out;
    EXPECT_EQ(server.accepted(), 2) << "a handshake for each";
    EXPECT_EQ(*requests, 0);
  }
}

TEST_F(PreflightProgram, SaysHowFarTheClocksAreApart) {
  Sandbox sandbox(directory_, {"--date-skew", "10m"});
  const Ran ran = Run(sandbox.base_url(), Both(sandbox));
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(Count(ran.out, "clock", "FAILED   ours is "), 2) << ran.out;
  EXPECT_THAT(ran.out, AllOf(ContainsRegex("ours is (10m|9m[0-9]+s) behind"),
                             HasSubstr("proctorexam refuses what is signed with a wrong time")));
  EXPECT_EQ(Count(ran.out, "credential", "ok"), 2) << ran.out;
}

TEST_F(PreflightProgram, SaysThatANameIsUnknown) {
  const Ran ran = Run("https://no-such-host.invalid/api/v1", {});
  EXPECT_EQ(ran.code, 1);
  // Which of the two depends on the name server of the machine.
  EXPECT_THAT(
      ran.out,
      AnyOf(HasSubstr("dns         FAILED   no-such-host.invalid cannot be resolved: "),
            HasSubstr("dns         FAILED   no answer about no-such-host.invalid within 10s")));
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("/etc/resolv.conf"), HasSubstr("connect     skipped  needs dns"),
                    HasSubstr("credential  skipped  needs dns")));
}

TEST_F(PreflightProgram, TellsProctorExamsTokenFromItsSecretKey) {
  Sandbox sandbox(directory_);
  GatewaySettings settings = Both(sandbox);
  settings.token = "another-token";
  const Ran wrong_token = Run("", settings);
  EXPECT_EQ(wrong_token.code, 1);
  EXPECT_THAT(wrong_token.out,
              AllOf(HasSubstr("credential  FAILED   answered 401: the key is wrong"),
                    HasSubstr("proctorexam.api_token_file")));

  settings.token = kToken;
  settings.secret_key = "another-secret-key";
  const Ran wrong_secret = Run("", settings);
  EXPECT_EQ(wrong_secret.code, 1);
  EXPECT_THAT(wrong_secret.out,
              AllOf(HasSubstr("credential  FAILED   answered 403: the request is not authorized"),
                    HasSubstr("proctorexam.secret_key_file")));
  ExpectOnlyGets(sandbox, 2);
}

TEST_F(PreflightProgram, LooksAtOneUpstreamThoughTheOtherIsAway) {
  Sandbox sandbox(directory_);
  const Ran ran = Run("http://127.0.0.1:1/api/v1", Both(sandbox));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("connect     FAILED   127.0.0.1:1 refused"));
  EXPECT_EQ(Count(ran.out, "credential", "ok"), 1) << ran.out;
}

TEST_F(PreflightProgram, GoesThroughTheProxyAndLeavesByTheInterface) {
  const TestCa ca;
  Sandbox sandbox(directory_, ca);
  const ConnectProxy proxy;
  GatewaySettings settings = Both(sandbox);
  settings.egress += ", proxy: \"http://127.0.0.1:" + std::to_string(proxy.port()) + "\"";
  settings.egress += ", proxy_credentials_file: \"" +
                     directory_.Write("proxy", "canary-user:canary-password") + "\"";
  settings.egress += ", interface: 127.0.0.1";
  const Ran ran = Run(sandbox.base_url(), settings);
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_EQ(Count(ran.out, "connect", "ok       the proxy 127.0.0.1:"), 2) << ran.out;
  EXPECT_EQ(Count(ran.out, "egress_ip", "ok       127.0.0.1"), 2) << ran.out;
  EXPECT_THAT(ran.out, AllOf(HasSubstr(", with a tunnel to 127.0.0.1:"),
                             Not(HasSubstr("canary-user")), Not(HasSubstr("canary-password"))));
  const auto heads = proxy.Heads();
  EXPECT_EQ(heads.size(), 5u) << "a handshake and a request for each upstream, and the echo";
  for (const std::string& head : heads) {
    EXPECT_THAT(head, AllOf(StartsWith("CONNECT 127.0.0.1:"), HasSubstr("Proxy-Authorization: ")));
  }
  for (const std::string& secret : {settings.key, settings.token}) {
    EXPECT_THAT(proxy.Tunnelled(), Not(HasSubstr(secret)));
  }
}

TEST_F(PreflightProgram, NeedsNoLedger) {
  Sandbox sandbox(directory_);
  const TemporaryDirectory elsewhere;
  GatewaySettings settings;
  settings.ledger = "sqlite: {path: \"" + elsewhere.path() + "/ledger.db\"}";
  const GatewayProcess gateway(elsewhere, sandbox.base_url(), settings);
  EXPECT_EQ(Run(sandbox.base_url(), settings).code, 0) << "though another process holds its lock";
}

TEST_F(PreflightProgram, RefusesAWrongConfigurationAsAlways) {
  const std::string file = directory_.Write("bad.yaml", "concero: {base_url: \"ftp://x\"}\n");
  Process process({PROGRAMS "/concero-gateway", "--config", file, "--preflight"},
                  directory_.path());
  EXPECT_EQ(process.Wait(), 2);
  EXPECT_EQ(process.out(), "");
}

}  // namespace
}  // namespace gw::testing
