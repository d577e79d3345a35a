// How the program starts, refuses to start, is healthy, and ends.
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <sstream>
#include <string>

#include "google/protobuf/empty.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "tests/integration/gateway/stack.h"
#include "tests/support/await.h"
#include "tests/support/taken_port.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;
using nlohmann::json;

class Life : public ::testing::Test {
 protected:
  // Runs the gateway with a configuration that must not start: its one line, but for those of the
  // log, which has some when it came as far as its ledger.
  std::string Refusal(const std::string& config) {
    const std::string file = directory_.Write("bad.yaml", config);
    Process process({PROGRAMS "/concero-gateway", "--config", file}, directory_.path());
    EXPECT_EQ(process.Wait(), 2);
    EXPECT_EQ(process.out(), "");
    std::istringstream err(process.err());
    std::string refusal;
    for (std::string line; std::getline(err, line);) {
      if (line.starts_with("{")) continue;
      EXPECT_EQ(refusal, "") << "more than one line: " << line;
      refusal = line;
    }
    return refusal;
  }
  // With a ledger in the directory of the test, in case it comes so far.
  std::string Config(const std::string& concero, const std::string& grpc = "127.0.0.1:0",
                     const std::string& admin = "127.0.0.1:0") {
    return "grpc: {listen: \"" + grpc + "\"}\nadmin: {listen: \"" + admin + "\"}\nconcero: {" +
           concero + "}\nledger: {sqlite: {path: \"" + directory_.path() + "/ledger.db\"}}\n";
  }
  std::string GoodKey() { return directory_.Write("key", "a-good-key"); }

  TemporaryDirectory directory_;
};

TEST_F(Life, RefusesAConfigurationItDoesNotUnderstand) {
  const std::string line =
      Refusal(Config("base_url: \"http://127.0.0.1:1\", api_key_file: k, timeot: 10s"));
  EXPECT_NE(line.find("concero.timeot"), std::string::npos) << line;
  EXPECT_NE(line.find("bad.yaml"), std::string::npos) << line;
}

TEST_F(Life, RefusesAnAddressThatIsNoUrl) {
  EXPECT_NE(Refusal(Config("base_url: \"nowhere\", api_key_file: \"" + GoodKey() + "\""))
                .find("concero.base_url"),
            std::string::npos);
}

TEST_F(Life, RefusesAMissingConfigurationFile) {
  Process process({PROGRAMS "/concero-gateway", "--config", directory_.path() + "/none.yaml"},
                  directory_.path());
  EXPECT_EQ(process.Wait(), 2);
  EXPECT_NE(process.err().find("none.yaml"), std::string::npos);
}

TEST_F(Life, RefusesAMissingOrEmptyKeyFileByItsName) {
  const std::string missing = directory_.path() + "/no-key";
  std::string line =
      Refusal(Config("base_url: \"http://127.0.0.1:1\", api_key_file: \"" + missing + "\""));
  EXPECT_NE(line.find("concero.api_key_file"), std::string::npos) << line;
  EXPECT_NE(line.find(missing), std::string::npos) << line;
  const std::string empty = directory_.Write("empty", " \n");
  line = Refusal(Config("base_url: \"http://127.0.0.1:1\", api_key_file: \"" + empty + "\""));
  EXPECT_NE(line.find(empty), std::string::npos) << line;
}

TEST_F(Life, RefusesAPortInUseByItsKeyAndLeavesNothingListening) {
  const TakenPort taken;
  const std::string concero =
      "base_url: \"http://127.0.0.1:1\", api_key_file: \"" + GoodKey() + "\"";
  std::string line = Refusal(Config(concero, taken.address()));
  EXPECT_NE(line.find("grpc.listen"), std::string::npos) << line;
  EXPECT_NE(line.find(taken.address()), std::string::npos) << line;
  line = Refusal(Config(concero, "127.0.0.1:0", taken.address()));
  EXPECT_NE(line.find("admin.listen"), std::string::npos) << line;
}

TEST_F(Life, RefusesUnknownArguments) {
  Process process({PROGRAMS "/concero-gateway", "--confg", "x"}, directory_.path());
  EXPECT_EQ(process.Wait(), 2);
}

TEST_F(Life, ChecksAConfigurationWithoutServing) {
  const std::string file = directory_.Write(
      "good.yaml", Config("base_url: \"http://127.0.0.1:1\", api_key_file: \"" + GoodKey() + "\""));
  Process process({PROGRAMS "/concero-gateway", "--config", file, "--check-config"},
                  directory_.path());
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_EQ(process.out(), file + ": ok\n");
}

TEST_F(Life, IsAskedByItsOwnProgramWhetherItServes) {
  GatewayProcess gateway(directory_, "http://127.0.0.1:1/api/v1", {.shutdown = "pause: 1h"});
  const std::string admin = gateway.admin("").substr(std::string("http://").size());
  const std::string port = admin.substr(admin.rfind(':'));
  const auto ask = [&](const std::string& listen) {
    const std::string file = directory_.Write(
        "asked.yaml",
        Config("base_url: \"http://127.0.0.1:1\", api_key_file: not-there", "127.0.0.1:0", listen));
    Process check({PROGRAMS "/concero-gateway", "--config", file, "--health-check"},
                  directory_.path());
    const int code = check.Wait();
    EXPECT_EQ(check.out(), "");
    return std::to_string(code) + " " + check.err();
  };
  const std::string refused = "1 concero-gateway: admin.listen: ";
  EXPECT_EQ(ask(admin), "0 ");
  EXPECT_EQ(ask("0.0.0.0" + port), "0 ") << "by way of loopback";
  EXPECT_EQ(ask("127.0.0.1:0"),
            refused + "port 0 is another one each time: nobody can know where to ask\n");
  EXPECT_EQ(ask("127.0.0.1:1"), refused + "nothing answers at 127.0.0.1:1\n");
  gateway.process().Signal(SIGTERM);
  ASSERT_TRUE(Await([&] { return Http("GET", gateway.admin("/readyz")).status != 200; }));
  EXPECT_EQ(ask(admin), refused + "/readyz at " + admin + " answers 503: it does not serve\n");
}

TEST_F(Life, IsReadyWhateverConceroDoesAndSaysHowConceroIs) {
  GatewayProcess gateway(directory_, "http://127.0.0.1:1/api/v1");
  EXPECT_EQ(Http("GET", gateway.admin("/healthz")).status, 200);
  EXPECT_EQ(Http("GET", gateway.admin("/readyz")).status, 200);
  EXPECT_EQ(gateway.Health("concero"), "SERVING");
  pb::ListExaminationsResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(gateway.Stub()->ListExaminations(&context, {}, &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  const HttpAnswer ready = Http("GET", gateway.admin("/readyz"));
  EXPECT_EQ(ready.status, 200);
  const json components = json::parse(ready.body).at("components");
  EXPECT_EQ(components.at("concero").at("status"), "failing");
  EXPECT_EQ(components.at("concero").at("reason"), "UPSTREAM_UNAVAILABLE");
  for (const char* name : {"", "concero.v1.AssessmentService", "grpc.health.v1.Health"}) {
    EXPECT_EQ(gateway.Health(name), "SERVING") << name;
  }
  EXPECT_EQ(gateway.Health("concero"), "NOT_SERVING");
  EXPECT_EQ(gateway.Health("unheard.of"), "failed");
}

TEST_F(Life, ServesNoReflectionWhenItIsOff) {
  GatewayProcess gateway(directory_, "http://127.0.0.1:1/api/v1", {.grpc = "reflection: false"});
  EXPECT_EQ(gateway.Health("grpc.reflection.v1alpha.ServerReflection"), "failed");
  EXPECT_EQ(gateway.Health(""), "SERVING");
}

// Asks channelz for the servers of the process; whether it knows any.
bool ShowsServers(const GatewayProcess& gateway, grpc::Status* status) {
  grpc::ClientContext context;
  const grpc::internal::RpcMethod method("/grpc.channelz.v1.Channelz/GetServers",
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  // Its messages are in no package: the answer's fields are those that this message does not know.
  const google::protobuf::Empty request;
  google::protobuf::Empty response;
  *status = grpc::internal::BlockingUnaryCall(gateway.Channel().get(), method, &context, request,
                                              &response);
  const auto& fields = response.GetReflection()->GetUnknownFields(response);
  return fields.field_count() > 0 && fields.field(0).number() == 1;  // `server`
}

TEST_F(Life, ServesChannelzWhenItIsOnAndOtherwiseNot) {
  grpc::Status status;
  GatewayProcess off(directory_, "http://127.0.0.1:1/api/v1");
  EXPECT_FALSE(ShowsServers(off, &status));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(off.Health("grpc.channelz.v1.Channelz"), "failed");

  GatewayProcess on(directory_, "http://127.0.0.1:1/api/v1", {.grpc = "channelz: true"});
  EXPECT_TRUE(ShowsServers(on, &status));
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(on.Health("grpc.channelz.v1.Channelz"), "SERVING");
}

TEST_F(Life, RefusesAHashKeyFileThatIsMissingEmptyOrShortByItsKey) {
  const std::string concero =
      Config("base_url: \"http://127.0.0.1:1\", api_key_file: \"" + GoodKey() + "\"");
  for (const std::string& file : {directory_.path() + "/no-hash-key", directory_.Write("none", ""),
                                  directory_.Write("short", "0123456789abcde")}) {
    const std::string line = Refusal(concero + "log: {hash_key_file: \"" + file + "\"}\n");
    EXPECT_NE(line.find("log.hash_key_file"), std::string::npos) << line;
    EXPECT_NE(line.find(file), std::string::npos) << line;
    EXPECT_EQ(line.find("0123456789abcde"), std::string::npos) << line;
  }
}

// A slow report under way, to be told how it ended.
struct SlowReport {
  explicit SlowReport(const GatewayProcess& gateway) : stub(gateway.Stub()) {
    request.set_invite_id(142);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(2));
    stub->async()->GetReport(&context, &request, &response,
                             [this](const grpc::Status& status) { ended.set_value(status); });
  }
  std::unique_ptr<pb::AssessmentService::Stub> stub;
  grpc::ClientContext context;
  pb::GetReportRequest request;
  pb::GetReportResponse response;
  std::promise<grpc::Status> ended;
};

TEST_F(Life, FinishesRunningCallsOnSigtermAndExitsWith0) {
  Sandbox sandbox(directory_);
  sandbox.SetReport(142, {{"status", "Pass"}});
  sandbox.SetFaults(json::array({{{"path", "/api/v1/report"}, {"delay_ms", 500}}}));
  GatewayProcess gateway(directory_, sandbox.base_url(), {.concero = "timeout: 100s"});
  SlowReport report(gateway);
  sandbox.AwaitReceived("/report", 1);
  EXPECT_EQ(gateway.process().Stop(), 0);
  EXPECT_TRUE(report.ended.get_future().get().ok());
}

TEST_F(Life, DoesNotWaitForHealthWatchesWhenItStops) {
  GatewayProcess gateway(directory_, "http://127.0.0.1:1/api/v1",
                         {.shutdown = "pause: 0s, grace: 24h"});
  const auto channel = gateway.Channel();
  grpc::ClientContext context;
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Watch",
                                         grpc::internal::RpcMethod::SERVER_STREAMING);
  const std::unique_ptr<grpc::ClientReader<grpc::health::v1::HealthCheckResponse>> watch(
      grpc::internal::ClientReaderFactory<grpc::health::v1::HealthCheckResponse>::Create(
          channel.get(), method, &context, grpc::health::v1::HealthCheckRequest()));
  grpc::health::v1::HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
  EXPECT_EQ(gateway.process().Stop(), 0);
  while (watch->Read(&response)) {
  }
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Life, RefusesCallsWhileItWaitsForTheRunningOnes) {
  Sandbox sandbox(directory_);
  sandbox.SetFaults(json::array({{{"path", "/api/v1/report"}, {"delay_ms", 3'600'000}}}));
  GatewayProcess gateway(directory_, sandbox.base_url(),
                         {.concero = "timeout: 1h", .shutdown = "pause: 0s, grace: 24h"});
  SlowReport report(gateway);
  sandbox.AwaitReceived("/report", 1);
  gateway.process().Signal(SIGTERM);
  auto stub = gateway.Stub();
  grpc::Status status;
  do {
    pb::ListExaminationsResponse response;
    grpc::ClientContext context;
    status = stub->ListExaminations(&context, {}, &response);
  } while (status.ok());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailsOf(status).info.reason(), "SHUTTING_DOWN");
  report.context.TryCancel();
  EXPECT_EQ(gateway.process().Wait(), 0);
}

TEST_F(Life, SaysNotServingWhileItPausesAndStillServes) {
  Sandbox sandbox(directory_);
  GatewayProcess gateway(directory_, sandbox.base_url(), {.shutdown = "pause: 1h"});
  gateway.process().Signal(SIGTERM);
  ASSERT_TRUE(Await([&] { return Http("GET", gateway.admin("/readyz")).status != 200; }));
  const HttpAnswer ready = Http("GET", gateway.admin("/readyz"));
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(json::parse(ready.body).at("status"), "draining");
  ASSERT_TRUE(Await([&] { return gateway.Health("") != "SERVING"; }));
  EXPECT_EQ(gateway.Health(""), "NOT_SERVING");
  EXPECT_EQ(gateway.Health("concero.v1.AssessmentService"), "NOT_SERVING");
  pb::ListExaminationsResponse response;
  grpc::ClientContext context;
  EXPECT_TRUE(gateway.Stub()->ListExaminations(&context, {}, &response).ok());
  gateway.process().Signal(SIGTERM);  // the second one stops at once
  EXPECT_EQ(gateway.process().Wait(), 1);
}

TEST_F(Life, EndsWhatStillRunsAfterTheGraceAndSaysWhatIsKnownOfIt) {
  Sandbox sandbox(directory_);
  sandbox.SetFaults(json::array({{{"delay_ms", 3'600'000}}}));
  GatewayProcess gateway(directory_, sandbox.base_url(),
                         {.concero = "timeout: 1h", .shutdown = "pause: 0s, grace: 100ms"});
  SlowReport report(gateway);
  pb::AllocateCandidateRequest request;
  request.set_examination_id(119);
  request.set_candidate_email("arjun.mehta@company.io");
  pb::AllocateCandidateResponse response;
  grpc::ClientContext context;
  std::promise<grpc::Status> allocated;
  const auto stub = gateway.Stub();
  stub->async()->AllocateCandidate(&context, &request, &response,
                                   [&](const grpc::Status& s) { allocated.set_value(s); });
  sandbox.AwaitReceived("/report", 1);
  sandbox.AwaitReceived("/allocate-candidate", 1);
  EXPECT_EQ(gateway.process().Stop(), 0);
  const grpc::Status read = report.ended.get_future().get();
  EXPECT_EQ(read.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailsOf(read).info.reason(), "SHUTTING_DOWN");
  const grpc::Status sent = allocated.get_future().get();
  EXPECT_EQ(sent.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(DetailsOf(sent).info.reason(), "ALLOCATION_IN_DOUBT");
}

}  // namespace
}  // namespace gw::testing
