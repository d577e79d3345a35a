// How the program reaches an upstream over TLS, and what it does with a wrong file of certificates.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/integration/gateway/stack.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;

class Egress : public ::testing::Test {
 protected:
  std::string CaFile(const TestCa& ca) { return directory_.Write("ca.pem", ca.Pem()); }

  // What a call tells of an upstream that `vouching` vouches for, when `trusted` is trusted.
  grpc::Status List(const TestCa& vouching, const TestCa& trusted,
                    int upstreams_max_version = TLS1_3_VERSION, const std::string& concero = "") {
    ScriptedServer upstream(
        [](ServerConnection& connection) {
          while (connection.Read()) {
            connection.Answer(200, R"([{"testId": 119, "testName": "First"}])");
          }
        },
        {TlsOptions{vouching.Issue(), upstreams_max_version}, 0});
    GatewaySettings settings;
    settings.concero = concero;
    settings.egress = "ca_file: \"" + CaFile(trusted) + "\"";
    const GatewayProcess gateway(directory_, upstream.url() + "/api/v1", settings);
    grpc::ClientContext context;
    pb::ListExaminationsResponse response;
    return gateway.Stub()->ListExaminations(&context, pb::ListExaminationsRequest(), &response);
  }

  // The one line with which the program refuses its file of certificates.
  std::string Refusal(const std::string& ca_file, const std::vector<std::string>& more) {
    const std::string key = directory_.Write("key", "a-good-key");
    const std::string file = directory_.Write(
        "bad.yaml", "grpc: {listen: \"127.0.0.1:0\"}\nadmin: {listen: \"127.0.0.1:0\"}\n" +
                        ("concero: {base_url: \"https://127.0.0.1:1\", api_key_file: \"" + key) +
                        "\"}\negress: {ca_file: \"" + ca_file + "\"}\n");
    std::vector<std::string> arguments = {PROGRAMS "/concero-gateway", "--config", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Process process(arguments, directory_.path());
    EXPECT_EQ(process.Wait(), 2);
    EXPECT_EQ(process.out(), "");
    const std::string err = process.err();
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
    return err;
  }

  TemporaryDirectory directory_;
};

TEST_F(Egress, TrustsTheFileOfCertificates) {
  const TestCa ca;
  const grpc::Status status = List(ca, ca);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(Egress, TrustsNobodyElseAndSaysSoWithoutNamingTheCertificate) {
  const grpc::Status status = List(TestCa(), TestCa());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(status).info.reason(), "UPSTREAM_TLS_FAILED");
  EXPECT_EQ(status.error_message().find("canary"), std::string::npos) << status.error_message();
}

TEST_F(Egress, RefusesAnUpstreamOfTls12UnlessMinTlsSaysOtherwise) {
  const TestCa ca;
  const grpc::Status refused = List(ca, ca, TLS1_2_VERSION);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(refused).info.reason(), "UPSTREAM_TLS_FAILED");
  const grpc::Status allowed = List(ca, ca, TLS1_2_VERSION, "min_tls: \"1.2\"");
  EXPECT_TRUE(allowed.ok()) << allowed.error_message();
}

TEST_F(Egress, RefusesAWrongFileOfCertificatesByItsKey) {
  const std::string missing = directory_.path() + "/missing.pem";
  const std::string garbage = directory_.Write("garbage.pem", "no certificate");
  for (const std::string& ca_file : {missing, garbage}) {
    for (const auto& more : {std::vector<std::string>{}, {"--check-config"}}) {
      const std::string line = Refusal(ca_file, more);
      EXPECT_NE(line.find("egress.ca_file: " + ca_file), std::string::npos) << line;
    }
  }
}

}  // namespace
}  // namespace gw::testing
