// Callers who show certificates.
#include "tests/integration/gateway/callers_fixture.h"

namespace gw::testing {
namespace {

class CallersByCertificate : public CallersTest {
 protected:
  void StartWithTls(const std::string& policy, const std::string& more = "") {
    const Certificate server = ca_.Issue();
    GatewaySettings settings;
    settings.grpc = "tls: {cert_file: \"" + directory_.Write("server.pem", server.Pem()) +
                    "\", key_file: \"" + directory_.Write("server-key.pem", server.KeyPem()) +
                    "\", client_ca_file: \"" + directory_.Write("callers.pem", ca_.Pem()) + "\"}" +
                    more;
    settings.policy = WritePolicy(policy);
    Start(settings);
  }
  // A caller with a certificate for these names, as OpenSSL writes them, and perhaps a header.
  CallerAt With(const std::string& names, const std::string& header = "anonymous") const {
    const Certificate certificate = ca_.Issue({.alternative_names = names});
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ca_.Pem();
    options.pem_cert_chain = certificate.Pem();
    options.pem_private_key = certificate.KeyPem();
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return {
        grpc::CreateCustomChannel(gateway_->address(), grpc::SslCredentials(options), arguments),
        header};
  }
  static std::string CallerOfAllocation(const CallerAt& caller, const std::string& request_id) {
    const auto ended = caller.Call<pb::AllocateCandidateRequest, pb::AllocateCandidateResponse>(
        "/concero.v1.AssessmentService/AllocateCandidate", Wanted(request_id));
    return ended.status.ok() ? ended.response.allocation().caller() : ended.what();
  }

  const TestCa ca_;
};

TEST_F(CallersByCertificate, EachOfThreeMayDoWhatTheRulesSay) {
  StartWithTls(R"(
    "deny_rules": [{"name": "d", "source": {"principals": ["spiffe://example/web"]},
                    "request": {"paths": ["*/GetReport"]}}],
    "allow_rules": [
      {"name": "web", "source": {"principals": ["spiffe://example/web"]},
       "request": {"paths": ["/concero.v1.*", "/grpc.reflection.*"]}},
      {"name": "batch", "source": {"principals": ["*.batch.example"]},
       "request": {"paths": ["/concero.v1.AssessmentService/*", "/grpc.health.v1.Health/*"]}}])");
  const CallerAt web = With("URI:spiffe://example/web"),
                 batch = With("DNS:night.batch.example,IP:127.0.0.1"),
                 other = With("URI:spiffe://example/other,DNS:other.example");
  constexpr char kNoReport[] = "INVALID_ARGUMENT INVALID_FIELD";  // the request is empty
  const struct {
    const char* path;
    std::string web, batch, other;
  } kTable[] = {
      {kList, "OK", "OK", kDenied},
      {kReport, kDenied, kNoReport, kDenied},
      {"/concero.v1.AllocationService/ListAllocations", "OK", kDenied, kDenied},
      {kHealth, kDeniedByGrpc, "OK", kDeniedByGrpc},
      {kReflection, "OK", kDeniedByGrpc, kDeniedByGrpc},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(web.Calls(row.path), row.web) << row.path;
    EXPECT_EQ(batch.Calls(row.path), row.batch) << row.path;
    EXPECT_EQ(other.Calls(row.path), row.other) << row.path;
  }
  EXPECT_EQ(CallerOfAllocation(web, "r-1"), kWeb);
  EXPECT_EQ(CallerOfAllocation(batch, "r-1"), "night.batch.example");
  EXPECT_EQ(Posts(), 2);

  pb::GetAllocationRequest request;
  request.set_request_id("r-1");
  request.set_caller("night.batch.example");
  const auto seen = web.Call<pb::GetAllocationRequest, pb::GetAllocationResponse>(
      "/concero.v1.AllocationService/GetAllocation", request);
  EXPECT_EQ(seen.what(), "OK");
  EXPECT_EQ(seen.response.allocation().caller(), "night.batch.example");
}

TEST_F(CallersByCertificate, AreCalledByTheirSpiffeIdThenTheirDnsNameThenAnonymous) {
  StartWithTls(R"("allow_rules": [{"name": "all"}])");
  EXPECT_EQ(CallerOfAllocation(With("DNS:web.example,URI:spiffe://example/web"), "1"), kWeb);
  EXPECT_EQ(CallerOfAllocation(With("DNS:web.example,DNS:w.example"), "2"), "web.example");
  EXPECT_EQ(CallerOfAllocation(With("DNS:web.example,URI:https://example/web"), "3"),
            "web.example");
  EXPECT_EQ(CallerOfAllocation(With("URI:https://example/web"), "4"), "https://example/web");
  EXPECT_EQ(CallerOfAllocation(With("IP:127.0.0.1"), "5"), "anonymous");
}

TEST_F(CallersByCertificate, AreNotWhoTheyClaimToBeInAHeader) {
  StartWithTls(R"("allow_rules": [{"name": "all", "source": {"principals": ["*/batch"]}}])");
  EXPECT_EQ(With("URI:spiffe://example/web", kBatch).Calls(kList), kDenied);
  EXPECT_EQ(With("URI:spiffe://example/web", kBatch).Calls(kHealth), kDeniedByGrpc);
  EXPECT_EQ(With("URI:spiffe://example/batch", kWeb).Calls(kList), "OK");
}

TEST_F(CallersByCertificate, AreProxiesWhereTheHeaderIsTrusted) {
  StartWithTls(R"("allow_rules": [{"name": "all", "source": {"principals": ["*/batch"]}}])",
               ", trust_xfcc: true");
  EXPECT_EQ(With("URI:spiffe://example/proxy", kBatch).Calls(kList), "OK");
  EXPECT_EQ(With("URI:spiffe://example/proxy", kBatch).Calls(kHealth), "OK");
  EXPECT_EQ(With("URI:spiffe://example/proxy", kWeb).Calls(kList), kDenied);
  EXPECT_EQ(With("URI:spiffe://example/proxy").Calls(kList), kDenied);
  EXPECT_EQ(With("URI:spiffe://example/batch").Calls(kList), kDenied) << "who asks the proxy?";
}

}  // namespace
}  // namespace gw::testing
