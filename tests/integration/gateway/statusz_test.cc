// What people and programs see at /statusz.
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/integration/gateway/stack.h"
#include "tests/support/await.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;
using nlohmann::json;

constexpr char kKeyFingerprint[] = "21fe5fa9";  // printf %s canary-api-key-5f2b | sha256sum

class Statusz : public ::testing::Test {
 protected:
  void Start(const GatewaySettings& settings) {
    gateway_ = std::make_unique<GatewayProcess>(directory_, sandbox_.base_url(), settings);
    stub_ = gateway_->Stub();
  }
  json Status() { return json::parse(Http("GET", gateway_->admin("/statusz.json")).body); }
  grpc::Status Report(int64_t invite_id) {
    pb::GetReportRequest request;
    request.set_invite_id(invite_id);
    pb::GetReportResponse response;
    grpc::ClientContext context;
    return stub_->GetReport(&context, request, &response);
  }
  grpc::Status List() {
    pb::ListExaminationsResponse response;
    grpc::ClientContext context;
    return stub_->ListExaminations(&context, {}, &response);
  }
  grpc::Status Allocate(const std::string& request_id) {
    pb::AllocateCandidateRequest request;
    request.set_examination_id(119);
    request.set_candidate_email("arjun.mehta@company.io");
    request.set_request_id(request_id);
    pb::AllocateCandidateResponse response;
    grpc::ClientContext context;
    return stub_->AllocateCandidate(&context, request, &response);
  }
  // Of an hour: how many ended so.
  static int Sum(const json& hour, size_t ended) {
    int sum = 0;
    for (const json& minute : hour) sum += minute.at(ended).get<int>();
    return sum;
  }

  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
  std::unique_ptr<GatewayProcess> gateway_;
  std::unique_ptr<pb::AssessmentService::Stub> stub_;
};

TEST_F(Statusz, TellsOfAQuietGatewayThatAllIsWell) {
  Start({.proctorexam_url = sandbox_.proctorexam_url()});
  const json status = Status();
  EXPECT_EQ(status.at("verdict"), "Serving; all is well");
  EXPECT_EQ(status.at("components").size(), 3u);
  EXPECT_EQ(status.at("upstreams").size(), 2u);
  EXPECT_FALSE(status.contains("cache")) << "nobody has asked for the list";
  EXPECT_EQ(status.at("callers"), json::array());
  EXPECT_EQ(status.at("ledger").at("store"), "sqlite");
  EXPECT_GT(status.at("uptime"), 0);
}

TEST_F(Statusz, CountsWhatWasAskedAndHowItEnded) {
  const std::string policy = directory_.Write("policy.json", R"json({
    "name": "of the test",
    "allow_rules": [{"name": "everything"}],
    "deny_rules": [{"name": "allocations", "request": {"paths": [
        "/concero.v1.AssessmentService/AllocateCandidate"]}}]})json");
  Start({.concero = "retry: {max_attempts: 1}", .policy = policy});
  ASSERT_TRUE(List().ok());
  EXPECT_EQ(Report(1).error_code(), grpc::StatusCode::NOT_FOUND);
  sandbox_.SetFaults(json::array({{{"path", "/api/v1/report"}, {"status", 503}}}));
  EXPECT_EQ(Report(1).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Allocate("order-1").error_code(), grpc::StatusCode::PERMISSION_DENIED);

  const json status = Status();
  const json& hour = status.at("upstreams").at(0).at("hour");
  EXPECT_EQ(hour.size(), 60u);
  EXPECT_EQ(Sum(hour, 0), 1);
  EXPECT_EQ(Sum(hour, 1), 1);
  EXPECT_EQ(Sum(hour, 2), 1);
  EXPECT_EQ(gateway_->Metric(
                "http_client_request_duration_seconds_count{result=\"5xx\",upstream=\"concero\"}"),
            1);
  ASSERT_EQ(status.at("callers").size(), 1u);
  const json& caller = status.at("callers").at(0);
  EXPECT_EQ(caller.at("name"), "anonymous");
  EXPECT_EQ(caller.at("refused"), 1);
  EXPECT_EQ(caller.at("failed"), 1);
  EXPECT_EQ(caller.at("calls"), 4);
  const json& calls = status.at("calls").at("hour");
  EXPECT_EQ(Sum(calls, 0), 2) << "to be told of a mistake is no failure";
  EXPECT_EQ(Sum(calls, 1), 1);
  EXPECT_EQ(Sum(calls, 2), 1);
}

TEST_F(Statusz, HasTheListTheLedgerAndTheKeyAsTheMetricsHaveThem) {
  Start({});
  ASSERT_TRUE(List().ok());
  ASSERT_TRUE(Allocate("order-1").ok());
  sandbox_.SetFaults(json::array({{{"path", "/api/v1/allocate-candidate"}, {"status", 502}}}));
  ASSERT_EQ(Allocate("order-2").error_code(), grpc::StatusCode::UNKNOWN);
  // Rows are counted about once a second.
  ASSERT_TRUE(
      Await([&] { return gateway_->Metric("gateway_ledger_rows{state=\"IN_DOUBT\"}") == 1; }));
  const json status = Status();
  EXPECT_EQ(status.at("verdict"),
            "Serving; concero fails: UPSTREAM_UNAVAILABLE; 1 allocation in doubt");
  EXPECT_EQ(status.at("ledger").at("rows").at("IN_DOUBT"), 1);
  EXPECT_EQ(status.at("ledger").at("rows").at("SUCCEEDED"), 1);
  EXPECT_EQ(status.at("cache").at("examinations"), 6);
  EXPECT_EQ(status.at("cache").at("stale"), false);
  EXPECT_EQ(status.at("cache").at("allowed_age"), 660);
  const json& key = status.at("upstreams").at(0).at("keys").at(0);
  EXPECT_EQ(key.at("name"), "concero_api_key");
  EXPECT_EQ(key.at("fingerprint"), kKeyFingerprint);
  EXPECT_EQ(gateway_->Metric("gateway_key_info{key=\"concero_api_key\",fingerprint=\"" +
                             std::string(kKeyFingerprint) + "\"}"),
            1);
  const std::string configuration = status.at("configuration");
  EXPECT_NE(configuration.find("base_url: \"" + sandbox_.base_url()), std::string::npos);
}

TEST_F(Statusz, IsAPageThatLoadsNothing) {
  Start({});
  const HttpAnswer page = Http("GET", gateway_->admin("/statusz?refresh=5"));
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("<meta http-equiv=\"refresh\" content=\"5\">"), std::string::npos);
  EXPECT_NE(page.body.find("Serving; all is well"), std::string::npos);
  for (const char* query : {"?refresh=0", "?refresh=3601", "?refresh=x", "?refresh=5x", "?", ""}) {
    const std::string body = Http("GET", gateway_->admin(std::string("/statusz") + query)).body;
    EXPECT_EQ(body.find("http-equiv"), std::string::npos) << query;
    EXPECT_NE(body.find("</html>"), std::string::npos) << query;
  }
  EXPECT_EQ(Http("GET", gateway_->admin("/statuszz")).status, 404);
}

}  // namespace
}  // namespace gw::testing
