// gateway.v1.DiagnosticsService.
#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/v1/diagnostics.grpc.pb.h"
#include "tests/integration/gateway/stack.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

namespace gateway_pb = gateway::v1;
using nlohmann::json;
using ::testing::ElementsAre;

struct Told {
  grpc::Status status;
  gateway_pb::PreflightResponse response;

  std::string reason() const { return DetailsOf(status).info.reason(); }
  /// Of the first upstream.
  const gateway_pb::PreflightCheck& check(const std::string& name) const {
    for (const auto& check : response.upstreams(0).checks()) {
      if (check.name() == name) return check;
    }
    throw std::runtime_error("no check " + name);
  }
};

Told Preflight(const GatewayProcess& gateway, const std::vector<std::string>& upstreams = {}) {
  gateway_pb::PreflightRequest request;
  for (const std::string& upstream : upstreams) request.add_upstreams(upstream);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
  Told told;
  told.status = gateway_pb::DiagnosticsService::NewStub(gateway.Channel())
                    ->Preflight(&context, request, &told.response);
  return told;
}

class PreflightRpc : public ::testing::Test {
 protected:
  GatewaySettings Both() {
    GatewaySettings settings;
    settings.proctorexam_url = sandbox_.proctorexam_url();
    settings.egress = "echo_url: \"" + sandbox_.root() + "/_sandbox/address\"";
    return settings;
  }

  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
};

TEST_F(PreflightRpc, TellsOfEachUpstreamAllChecksInOrder) {
  const GatewayProcess gateway(directory_, sandbox_.base_url(), Both());
  const Told told = Preflight(gateway);
  ASSERT_TRUE(told.status.ok()) << told.status.error_message();
  ASSERT_EQ(told.response.upstreams_size(), 2);
  EXPECT_EQ(told.response.upstreams(0).upstream(), "concero");
  EXPECT_EQ(told.response.upstreams(1).upstream(), "proctorexam");
  for (const auto& upstream : told.response.upstreams()) {
    std::vector<std::string> names;
    for (const auto& check : upstream.checks()) {
      names.push_back(check.name());
      EXPECT_EQ(check.result(), check.name() == "tls" ? gateway_pb::PREFLIGHT_RESULT_SKIPPED
                                                      : gateway_pb::PREFLIGHT_RESULT_OK)
          << check.ShortDebugString();
      EXPECT_NE(check.seen(), "");
    }
    EXPECT_THAT(names, ElementsAre("dns", "connect", "tls", "clock", "credential", "egress_ip"));
  }
  EXPECT_EQ(told.check("egress_ip").seen(), "127.0.0.1");
  EXPECT_EQ(gateway.Health("gateway.v1.DiagnosticsService"), "SERVING");
}

TEST_F(PreflightRpc, EndsOkWhenACheckFails) {
  GatewaySettings settings = Both();
  settings.key = "another-api-key";
  const GatewayProcess gateway(directory_, sandbox_.base_url(), settings);
  const Told told = Preflight(gateway, {"concero"});
  ASSERT_TRUE(told.status.ok()) << told.status.error_message();
  ASSERT_EQ(told.response.upstreams_size(), 1);
  EXPECT_EQ(told.check("credential").result(), gateway_pb::PREFLIGHT_RESULT_FAILED);
  EXPECT_EQ(told.check("credential").seen(), "answered 401: the key is wrong");
  EXPECT_EQ(told.response.DebugString().find(settings.key), std::string::npos);
}

// Calls still succeed then, with the previous key: it is now that somebody should be told.
TEST_F(PreflightRpc, IsAboutTheKeyInUseAlsoWhileThePreviousOneIsTried) {
  const GatewayProcess gateway(directory_, sandbox_.base_url());
  ASSERT_EQ(Preflight(gateway).check("credential").result(), gateway_pb::PREFLIGHT_RESULT_OK);
  directory_.Write("api-key", "a-mistyped-key");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  Told told = Preflight(gateway);
  while (told.check("credential").result() == gateway_pb::PREFLIGHT_RESULT_OK &&
         std::chrono::steady_clock::now() < give_up) {
    told = Preflight(gateway);
  }
  EXPECT_EQ(told.check("credential").seen(), "answered 401: the key is wrong");
  grpc::ClientContext context;
  concero::v1::ListExaminationsRequest request;
  request.mutable_max_staleness();
  concero::v1::ListExaminationsResponse response;
  EXPECT_TRUE(gateway.Stub()->ListExaminations(&context, request, &response).ok());
}

TEST_F(PreflightRpc, TellsAnUnknownUpstreamFromOneThatIsNotConfigured) {
  const GatewayProcess gateway(directory_, sandbox_.base_url());
  const Told unknown = Preflight(gateway, {"concero", "another"});
  EXPECT_EQ(unknown.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(unknown.reason(), "INVALID_FIELD");
  EXPECT_EQ(DetailsOf(unknown.status).bad_request.field_violations(0).field(), "upstreams[1]");
  const Told absent = Preflight(gateway, {"proctorexam"});
  EXPECT_EQ(absent.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(absent.reason(), "UPSTREAM_NOT_CONFIGURED");
  EXPECT_EQ(sandbox_.Received("/examinations"), 0);
}

// Of that gateway's call for a report.
grpc::Status Report(const GatewayProcess& gateway) {
  grpc::ClientContext context;
  concero::v1::GetReportRequest request;
  request.set_invite_id(1);
  concero::v1::GetReportResponse response;
  return gateway.Stub()->GetReport(&context, request, &response);
}

TEST_F(PreflightRpc, LooksPastABreakerThatIsOpen) {
  GatewaySettings settings;
  settings.concero = "retry: {max_attempts: 1}, breaker: {min_calls: 1, open_for: 1h}";
  const GatewayProcess gateway(directory_, sandbox_.base_url(), settings);
  sandbox_.SetFaults(json::array({{{"status", 503}}}));
  Report(gateway);
  ASSERT_EQ(DetailsOf(Report(gateway)).info.reason(), "UPSTREAM_CIRCUIT_OPEN");
  EXPECT_EQ(Preflight(gateway).check("credential").seen(), "answered 503: the upstream is failing");
  sandbox_.ClearFaults();
  EXPECT_EQ(Preflight(gateway).check("credential").result(), gateway_pb::PREFLIGHT_RESULT_OK);
  EXPECT_EQ(DetailsOf(Report(gateway)).info.reason(), "UPSTREAM_CIRCUIT_OPEN") << "it is as it was";
}

TEST_F(PreflightRpc, OpensNoBreakerAndSendsNothingAgain) {
  GatewaySettings settings;
  settings.concero = "breaker: {min_calls: 1, open_for: 1h}";
  const GatewayProcess gateway(directory_, sandbox_.base_url(), settings);
  sandbox_.SetFaults(json::array({{{"status", 503}}}));
  Preflight(gateway);
  Preflight(gateway);
  EXPECT_EQ(sandbox_.Received("/examinations"), 2);
  sandbox_.ClearFaults();
  EXPECT_NE(DetailsOf(Report(gateway)).info.reason(), "UPSTREAM_CIRCUIT_OPEN");
  EXPECT_EQ(gateway.Metric("gateway_breaker_state{upstream=\"concero\"}"), 0);
}

TEST_F(PreflightRpc, WaitsForEachStepNoLongerThanARequestWould) {
  ScriptedServer silent([](ServerConnection& connection) { connection.AwaitClose(); });
  GatewaySettings settings;
  settings.concero = "connect_timeout: 100ms";
  const GatewayProcess gateway(directory_, "https://127.0.0.1:" + std::to_string(silent.port()),
                               settings);
  const Told told = Preflight(gateway);
  ASSERT_TRUE(told.status.ok()) << told.status.error_message();
  EXPECT_EQ(told.check("tls").seen(), "no answer to the handshake");
  EXPECT_EQ(told.check("credential").seen(), "needs tls");
}

TEST_F(PreflightRpc, EndsWithTheGateway) {
  ScriptedServer silent([](ServerConnection& connection) { connection.AwaitClose(); });
  GatewaySettings settings;
  settings.concero = "connect_timeout: 1h";
  settings.shutdown = "pause: 0s, grace: 10ms";
  GatewayProcess gateway(directory_, "https://127.0.0.1:" + std::to_string(silent.port()),
                         settings);
  auto told = std::async(std::launch::async, [&] { return Preflight(gateway); });
  while (silent.accepted() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(gateway.process().Stop(), 0);
  EXPECT_EQ(told.get().reason(), "SHUTTING_DOWN");
}

}  // namespace
}  // namespace gw::testing
