// Which way the program reaches an upstream: the addresses that a name leads to, a proxy, and the
// interface.
#include <gmock/gmock.h>

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "tests/integration/gateway/stack.h"
#include "tests/support/connect_proxy.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPermitted[] = "allow_private: [127.0.0.0/8]";

constexpr char kName[] = "upstream.test";

std::string WithHost(std::string url, const std::string& host) {
  return url.replace(url.find("127.0.0.1"), 9, host);
}

class EgressRoute : public ::testing::Test {
 protected:
  static GatewaySettings Egress(const std::string& egress) {
    GatewaySettings settings;
    settings.concero = "allow_plaintext: true, retry: {max_attempts: 1}, examinations: {ttl: 1ms}";
    settings.egress = egress;
    return settings;
  }
  static grpc::Status List(const GatewayProcess& gateway,
                           pb::ListExaminationsResponse* response = nullptr) {
    grpc::ClientContext context;
    pb::ListExaminationsResponse unused;
    return gateway.Stub()->ListExaminations(&context, pb::ListExaminationsRequest(),
                                            response != nullptr ? response : &unused);
  }
  static grpc::Status Allocate(const GatewayProcess& gateway, const std::string& request_id) {
    grpc::ClientContext context;
    pb::AllocateCandidateRequest request;
    request.set_examination_id(119);
    request.set_candidate_email("arjun.mehta@company.io");
    request.set_request_id(request_id);
    pb::AllocateCandidateResponse response;
    return gateway.Stub()->AllocateCandidate(&context, request, &response);
  }
  std::string ThroughProxy(const ConnectProxy& proxy, const std::string& credentials) {
    return "proxy: \"http://127.0.0.1:" + std::to_string(proxy.port()) +
           "\", proxy_credentials_file: \"" + directory_.Write("proxy", credentials + "\n") + "\"";
  }

  TemporaryDirectory directory_;
};

// A name that leads to this machine, which somebody may have taken over for that. Only the gateway
// knows it: by tests/faults/shim.cc.
class EgressByName : public EgressRoute {
 protected:
  EgressByName() {
    setenv("FAULTS_NAMES", names_.c_str(), 1);
    setenv("LD_PRELOAD", PROGRAMS "/../tests/faults/libfaults_shim.so", 1);
    // The library comes before AddressSanitizer, and may.
    const char* const asan = getenv("ASAN_OPTIONS");
    asan_ = asan == nullptr ? "" : asan;
    if (asan != nullptr) setenv("ASAN_OPTIONS", (asan_ + ":verify_asan_link_order=0").c_str(), 1);
  }
  ~EgressByName() override {
    unsetenv("FAULTS_NAMES");
    unsetenv("LD_PRELOAD");
    if (!asan_.empty()) setenv("ASAN_OPTIONS", asan_.c_str(), 1);
  }

  Sandbox sandbox_{directory_};
  const std::string url_ = WithHost(sandbox_.base_url(), kName);

 private:
  const std::string names_ = directory_.Write("names", std::string(kName) + " 127.0.0.1\n");
  std::string asan_;
};

TEST_F(EgressByName, IsRefusedWhenItLeadsToAPrivateAddressAndTheLogSaysWhere) {
  const GatewayProcess gateway(directory_, url_, Egress(""));
  for (const grpc::Status& status : {List(gateway), Allocate(gateway, "order-1")}) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(DetailsOf(status).info.reason(), "EGRESS_REFUSED");
    EXPECT_EQ(DetailsOf(status).info.metadata().at("upstream"), "concero");
    EXPECT_THAT(status.error_message(), HasSubstr("egress.allow_private"));
    EXPECT_THAT(status.error_message(), Not(HasSubstr("127.")));
  }
  ASSERT_FALSE(gateway.Logged("upstream_failed").empty());
  EXPECT_EQ(gateway.Logged("upstream_failed")[0].at("kind"), "address_refused");
  EXPECT_THAT(gateway.Logged("upstream_failed")[0].at("detail").get<std::string>(),
              AllOf(HasSubstr(std::string(kName) + " leads to"), HasSubstr("(loopback)")));
  EXPECT_EQ(gateway.Health("concero"), "NOT_SERVING");
  EXPECT_EQ(sandbox_.Journal().at("requests").size(), 0u);
}

TEST_F(EgressByName, IsFollowedWhereThatIsPermitted) {
  const GatewayProcess gateway(directory_, url_, Egress(kPermitted));
  const grpc::Status status = List(gateway);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(EgressByName, IsRefusedForAsLongAsItLastsWithoutOpeningTheBreaker) {
  GatewaySettings settings = Egress("");
  settings.concero += ", breaker: {min_calls: 3}";
  const GatewayProcess gateway(directory_, url_, settings);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(DetailsOf(Allocate(gateway, "order-" + std::to_string(i))).info.reason(),
              "EGRESS_REFUSED");
  }
  EXPECT_EQ(gateway.Metric("gateway_breaker_state{upstream=\"concero\"}"), 0);
}

TEST_F(EgressByName, RefusedLeavesTheLastListAndLetsAnAllocationBeSentLater) {
  GatewaySettings refused = Egress(""), permitted = Egress(kPermitted);
  refused.ledger = permitted.ledger = "sqlite: {path: \"" + directory_.path() + "/shared.db\"}";
  {
    GatewayProcess gateway(directory_, url_, permitted);
    EXPECT_TRUE(List(gateway).ok());
    EXPECT_EQ(gateway.process().Stop(), 0);
  }
  {
    GatewayProcess gateway(directory_, url_, refused);
    pb::ListExaminationsResponse list;
    const grpc::Status status = List(gateway, &list);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(list.stale());
    EXPECT_GT(list.examinations_size(), 0);
    EXPECT_EQ(DetailsOf(Allocate(gateway, "order-1")).info.reason(), "EGRESS_REFUSED");
    EXPECT_EQ(gateway.process().Stop(), 0);
  }
  const GatewayProcess gateway(directory_, url_, permitted);
  const grpc::Status status = Allocate(gateway, "order-1");
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(EgressRoute, LocalhostInTheUrlIsItsOwnPermission) {
  const Sandbox sandbox(directory_);
  const GatewayProcess gateway(directory_, WithHost(sandbox.base_url(), "localhost"), Egress(""));
  const grpc::Status status = List(gateway);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(EgressRoute, ByAProxyTellsItsCredentialsToItAloneAndNeverInTheLog) {
  const TestCa ca;
  const Sandbox sandbox(directory_, ca);
  const ConnectProxy proxy;
  GatewaySettings settings = Egress(ThroughProxy(proxy, "gateway:canary-password") +
                                    ", ca_file: \"" + sandbox.ca_file() + "\"");
  settings.proctorexam_url = sandbox.proctorexam_url();
  settings.log = "level: debug, access: all";
  GatewayProcess gateway(directory_, sandbox.base_url(), settings);
  EXPECT_TRUE(List(gateway).ok());
  const grpc::Status allocated = Allocate(gateway, "order-1");
  EXPECT_TRUE(allocated.ok()) << allocated.error_message();
  grpc::ClientContext context;
  proctorexam::v1::GetStudentSessionRequest request;
  request.set_id(1);
  proctorexam::v1::GetStudentSessionResponse response;
  const grpc::Status read =
      gateway.StudentSessions()->GetStudentSession(&context, request, &response);
  EXPECT_TRUE(read.ok()) << read.error_message();
  EXPECT_GE(proxy.Heads().size(), 2u);
  const std::string credentials =
      "Proxy-Authorization: Basic " + absl::Base64Escape("gateway:canary-password") + "\r\n";
  EXPECT_THAT(proxy.Heads(), Each(AllOf(HasSubstr("CONNECT 127.0.0.1:"), HasSubstr(credentials),
                                        Not(HasSubstr(kKey)), Not(HasSubstr(kToken)))));
  EXPECT_THAT(gateway.process().err(), Not(HasSubstr("canary-password")));
}

TEST_F(EgressRoute, ByAProxyThatRefusesIsToldAsSuchWithoutOpeningTheBreaker) {
  const Sandbox sandbox(directory_);
  const struct {
    int status;
    const char* message;
  } kCases[] = {{407, "egress.proxy_credentials_file"}, {403, "egress.proxy and what it permits"}};
  for (const auto& [status, message] : kCases) {
    ConnectProxy proxy;
    proxy.Refuse([answer = status](ServerConnection& connection) {
      connection.Answer(answer, "canary-body", "Proxy-Authenticate: Basic realm=\"x\"\r\n");
    });
    GatewaySettings settings = Egress(ThroughProxy(proxy, "gateway:canary-password"));
    settings.concero += ", breaker: {min_calls: 3}";
    const GatewayProcess gateway(directory_, sandbox.base_url(), settings);
    for (int i = 0; i < 5; ++i) {
      const grpc::Status told = Allocate(gateway, "order-" + std::to_string(i));
      EXPECT_EQ(told.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
      EXPECT_EQ(DetailsOf(told).info.reason(), "EGRESS_REFUSED");
      EXPECT_THAT(told.error_message(), HasSubstr(message));
      EXPECT_THAT(told.error_message(), Not(HasSubstr("canary")));
    }
    EXPECT_EQ(gateway.Metric("gateway_breaker_state{upstream=\"concero\"}"), 0);
    EXPECT_EQ(proxy.accepted(), 5) << "it is not asked again by itself";
  }
}

TEST_F(EgressRoute, ByAProxyThatCannotReachTheUpstreamIsUnavailable) {
  const Sandbox sandbox(directory_);
  ConnectProxy proxy;
  proxy.Refuse([](ServerConnection& connection) { connection.Answer(502, "canary-body"); });
  const GatewayProcess gateway(directory_, sandbox.base_url(),
                               Egress(ThroughProxy(proxy, "gateway:canary-password")));
  const grpc::Status status = Allocate(gateway, "order-1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailsOf(status).info.reason(), "UPSTREAM_UNAVAILABLE");
}

TEST_F(EgressRoute, LeavesFromTheAddressThatIsConfigured) {
  const Sandbox sandbox(directory_, {"--allow-ip", "127.0.0.2/32"});
  const GatewayProcess own(directory_, sandbox.base_url(), Egress(""));
  EXPECT_EQ(DetailsOf(List(own)).info.reason(), "UPSTREAM_IP_NOT_ALLOWED");
  const GatewayProcess other(directory_, sandbox.base_url(), Egress("interface: 127.0.0.2"));
  const grpc::Status status = List(other);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(EgressRoute, WarnsOfAnInterfaceThatTheMachineHasNot) {
  const GatewayProcess gateway(directory_, "http://127.0.0.1:1", Egress("interface: no-such-if0"));
  std::vector<std::string> warnings;
  for (const auto& line : gateway.Logged("configuration")) warnings.push_back(line.at("message"));
  EXPECT_THAT(warnings, Contains(HasSubstr("egress.interface: this machine has no such")));
}

TEST_F(EgressRoute, RefusesAWrongFileOfCredentialsByItsKeyWithoutQuotingIt) {
  for (const char* content : {"canary-no-colon", "canary-no-password:", ":canary-no-user", ""}) {
    const std::string key = directory_.Write("key", "a-good-key");
    const std::string credentials = directory_.Write("credentials", content);
    const std::string file =
        directory_.Write("bad.yaml",
                         "grpc: {listen: \"127.0.0.1:0\"}\nadmin: {listen: \"127.0.0.1:0\"}\n"
                         "concero: {base_url: \"https://127.0.0.1:1\", api_key_file: \"" +
                             key + "\"}\negress: {proxy: \"http://127.0.0.1:1\", " +
                             "proxy_credentials_file: \"" + credentials + "\"}\n");
    Process process({PROGRAMS "/concero-gateway", "--config", file, "--check-config"},
                    directory_.path());
    EXPECT_EQ(process.Wait(), 2);
    EXPECT_THAT(process.err(), AllOf(HasSubstr("egress.proxy_credentials_file: " + credentials),
                                     Not(HasSubstr("canary"))));
  }
}

}  // namespace
}  // namespace gw::testing
