// What Prometheus reads at the admin port.
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/integration/gateway/stack.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;
using nlohmann::json;

class MetricsPage : public ::testing::Test {
 protected:
  grpc::Status Report() {
    pb::GetReportRequest request;
    request.set_invite_id(142);
    pb::GetReportResponse response;
    grpc::ClientContext context;
    return stub_->GetReport(&context, request, &response);
  }
  // The samples of one metric, without their values.
  std::set<std::string> Series(const std::string& name) {
    std::set<std::string> series;
    std::istringstream text(Http("GET", gateway_.admin("/metrics")).body);
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with(name + "{")) series.insert(line.substr(0, line.rfind(' ')));
    }
    return series;
  }

  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
  GatewayProcess gateway_{directory_, sandbox_.base_url()};
  const std::unique_ptr<pb::AssessmentService::Stub> stub_ = gateway_.Stub();
};

TEST_F(MetricsPage, HasItsMetricsByTheirNames) {
  pb::ListExaminationsResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->ListExaminations(&context, {}, &response).ok());
  EXPECT_EQ(gateway_.Metric("rpc_server_call_duration_seconds_count{code=\"OK\",reason=\"\","
                            "rpc_method=\"concero.v1.AssessmentService/ListExaminations\"}"),
            1);
  EXPECT_EQ(gateway_.Metric(
                "http_client_request_duration_seconds_count{result=\"2xx\",upstream=\"concero\"}"),
            1);
  EXPECT_EQ(gateway_.Metric("http_client_active_requests{upstream=\"concero\"}"), 0);
  EXPECT_EQ(gateway_.Metric("http_client_connections_opened_total{upstream=\"concero\"}"), 1);
  EXPECT_GE(gateway_.Metric("gateway_cache_age_seconds"), 0);
  EXPECT_GT(gateway_.Metric("gateway_key_age_seconds{key=\"concero_api_key\"}"), 0);
  EXPECT_EQ(gateway_.Metric("gateway_log_lines_dropped_total"), 0);
  for (const char* name : {"process_open_fds", "process_max_fds", "process_resident_memory_bytes",
                           "process_cpu_seconds_total", "process_start_time_seconds"}) {
    EXPECT_GT(gateway_.Metric(name), 0) << name;
  }
  EXPECT_EQ(Series("gateway_build_info").size(), 1u);
}

TEST_F(MetricsPage, CountsNoRequestAsUnderWayAfterItsCallerLeft) {
  sandbox_.SetFaults(json::array({{{"delay_ms", 3'600'000}}}));
  constexpr char kActive[] = "http_client_active_requests{upstream=\"concero\"}";
  pb::GetReportRequest request;
  request.set_invite_id(142);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<pb::GetReportResponse> responses(5);
  std::latch ended(5);
  for (auto& response : responses) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    stub_->async()->GetReport(contexts.back().get(), &request, &response,
                              [&](const grpc::Status&) { ended.count_down(); });
  }
  while (gateway_.Metric(kActive) != 5) std::this_thread::yield();
  for (const auto& context : contexts) context->TryCancel();
  while (gateway_.Metric(kActive) != 0) std::this_thread::yield();
  EXPECT_EQ(gateway_.Metric("http_client_request_duration_seconds_count{result=\"cancelled\","
                            "upstream=\"concero\"}"),
            5);
  ended.wait();
}

TEST_F(MetricsPage, GetsNoLabelFromWhatCallersOrConceroMakeUp) {
  for (const int status : {200, 204, 299, 418, 451, 499, 555, 599}) {
    sandbox_.SetFaults(json::array({{{"status", status}, {"body", "made-up"}}}));
    Report();
  }
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "made-up");
  const grpc::internal::RpcMethod method("/concero.v1.AssessmentService/MadeUp",
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  pb::GetReportResponse response;
  EXPECT_EQ(grpc::internal::BlockingUnaryCall(gateway_.Channel().get(), method, &context,
                                              pb::GetReportRequest(), &response)
                .error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  const std::string upstream = "http_client_request_duration_seconds_count{result=\"";
  EXPECT_EQ(Series("http_client_request_duration_seconds_count"),
            (std::set<std::string>{upstream + "2xx\",upstream=\"concero\"}",
                                   upstream + "4xx\",upstream=\"concero\"}",
                                   upstream + "5xx\",upstream=\"concero\"}"}));
  const std::string method_label = "rpc_method=\"concero.v1.AssessmentService/GetReport\"}";
  const std::string rpc = "rpc_server_call_duration_seconds_count{code=\"";
  EXPECT_EQ(Series("rpc_server_call_duration_seconds_count"),
            (std::set<std::string>{
                rpc + "INTERNAL\",reason=\"UPSTREAM_BAD_REQUEST\"," + method_label,
                rpc + "INTERNAL\",reason=\"UPSTREAM_BAD_RESPONSE\"," + method_label,
                rpc + "UNAVAILABLE\",reason=\"UPSTREAM_UNAVAILABLE\"," + method_label}));
  const std::string text = Http("GET", gateway_.admin("/metrics")).body;
  for (const char* made_up : {"made-up", "MadeUp"}) {
    EXPECT_EQ(text.find(made_up), std::string::npos) << made_up;
  }
}

}  // namespace
}  // namespace gw::testing
