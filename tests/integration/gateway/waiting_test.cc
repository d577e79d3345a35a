// Callers who stop waiting, and callers for whom there is no place.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/integration/gateway/stack.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;
using grpc::StatusCode;
using nlohmann::json;

class Waiting : public ::testing::Test {
 protected:
  Waiting() {
    sandbox_.SetReport(142, {{"status", "Pass"}});
    sandbox_.SetFaults(json::array({{{"delay_ms", 3'600'000}}}));
  }
  // A call under way.
  template <class Request, class Response>
  struct Running {
    grpc::ClientContext context;
    Request request;
    Response response;
    std::promise<grpc::Status> ended;
    grpc::Status Await() { return ended.get_future().get(); }
  };
  using Report = Running<pb::GetReportRequest, pb::GetReportResponse>;
  using Allocation = Running<pb::AllocateCandidateRequest, pb::AllocateCandidateResponse>;

  std::unique_ptr<Report> StartReport(pb::AssessmentService::Stub& stub,
                                      std::chrono::milliseconds deadline) {
    auto call = std::make_unique<Report>();
    call->request.set_invite_id(142);
    call->context.set_deadline(std::chrono::system_clock::now() + deadline);
    stub.async()->GetReport(&call->context, &call->request, &call->response,
                            [c = call.get()](const grpc::Status& s) { c->ended.set_value(s); });
    return call;
  }
  std::unique_ptr<Allocation> StartAllocation(pb::AssessmentService::Stub& stub,
                                              std::chrono::milliseconds deadline) {
    auto call = std::make_unique<Allocation>();
    call->request.set_examination_id(119);
    call->request.set_candidate_email("arjun.mehta@company.io");
    call->request.set_request_id("r-1");
    call->context.set_deadline(std::chrono::system_clock::now() + deadline);
    stub.async()->AllocateCandidate(
        &call->context, &call->request, &call->response,
        [c = call.get()](const grpc::Status& s) { c->ended.set_value(s); });
    return call;
  }
  static void AwaitNothingActive(const GatewayProcess& gateway) {
    while (Http("GET", gateway.admin("/metrics"))
               .body.find("http_client_active_requests{upstream=\"concero\"} 0") ==
           std::string::npos) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  static constexpr std::chrono::minutes kLong{5};
  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
};

TEST_F(Waiting, ACancelledReportIsAbortedUpstream) {
  GatewayProcess gateway(directory_, sandbox_.base_url(), {.concero = "timeout: 1h"});
  auto stub = gateway.Stub();
  auto call = StartReport(*stub, kLong);
  sandbox_.AwaitReceived("/report", 1);
  call->context.TryCancel();
  EXPECT_EQ(call->Await().error_code(), StatusCode::CANCELLED);
  AwaitNothingActive(gateway);
}

TEST_F(Waiting, AReportThatMissesItsDeadlineIsToldSoByTheGateway) {
  // A margin wide enough for the gateway's own answer to arrive in time on a busy machine.
  GatewayProcess gateway(directory_, sandbox_.base_url(),
                         {.concero = "timeout: 1h", .grpc = "deadline_margin: 20s"});
  auto stub = gateway.Stub();
  const grpc::Status status = StartReport(*stub, std::chrono::seconds(23))->Await();
  EXPECT_EQ(sandbox_.Received("/report"), 1);
  EXPECT_EQ(status.error_code(), StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(DetailsOf(status).info.reason(), "DEADLINE_EXCEEDED");
  AwaitNothingActive(gateway);
}

TEST_F(Waiting, ACallWithoutADeadlineGetsTheDefaultOne) {
  GatewayProcess gateway(
      directory_, sandbox_.base_url(),
      {.concero = "timeout: 1h", .grpc = "default_deadline: 100ms, deadline_margin: 0s"});
  pb::GetReportRequest request;
  request.set_invite_id(142);
  pb::GetReportResponse response;
  grpc::ClientContext context;
  const grpc::Status status = gateway.Stub()->GetReport(&context, request, &response);
  EXPECT_EQ(status.error_code(), StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(DetailsOf(status).info.reason(), "DEADLINE_EXCEEDED");
}

TEST_F(Waiting, ADeadlineThatIsCenturiesAwayIsNotInThePast) {
  sandbox_.ClearFaults();
  GatewayProcess gateway(directory_, sandbox_.base_url());
  for (const int64_t seconds : {int64_t{1} << 33, int64_t{1} << 60}) {
    pb::GetReportRequest request;
    request.set_invite_id(142);
    pb::GetReportResponse response;
    grpc::ClientContext context;
    context.set_deadline(gpr_timespec{seconds, 0, GPR_CLOCK_REALTIME});
    const grpc::Status status = gateway.Stub()->GetReport(&context, request, &response);
    EXPECT_TRUE(status.ok()) << seconds << ": " << status.error_message();
  }
}

TEST_F(Waiting, AnAllocationThatHasLeftGoesOnWithoutWhoStopsWaitingAndIsExecutedOnce) {
  sandbox_.SetFaults(json::array({{{"delay_ms", 6000}}}));
  GatewayProcess gateway(
      directory_, sandbox_.base_url(),
      {.concero = "timeout: 100s, allocation: {min_time: 0s}", .grpc = "deadline_margin: 20s"});
  auto stub = gateway.Stub();
  // 3 s of the gateway's own time, half of the sandbox's delay.
  const grpc::Status status = StartAllocation(*stub, std::chrono::seconds(23))->Await();
  EXPECT_EQ(status.error_code(), StatusCode::ABORTED);
  EXPECT_EQ(DetailsOf(status).info.reason(), "ALLOCATION_IN_PROGRESS");
  EXPECT_EQ(DetailsOf(status).info.metadata().at("request_id"), "r-1");
  // It was not taken back: its outcome arrives, and is logged.
  while (gateway.process().err().find("late_allocation_outcome") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(sandbox_.Received("/allocate-candidate"), 1);
  EXPECT_NE(gateway.process().err().find("\"outcome\":\"SUCCEEDED\""), std::string::npos);
}

TEST_F(Waiting, AnAllocationIsNotBegunWithLessThanMinTimeLeft) {
  GatewayProcess gateway(directory_, sandbox_.base_url(),
                         {.concero = "allocation: {min_time: 1h}"});
  auto stub = gateway.Stub();
  const grpc::Status status = StartAllocation(*stub, kLong)->Await();
  EXPECT_EQ(status.error_code(), StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(DetailsOf(status).info.reason(), "DEADLINE_EXCEEDED");
  EXPECT_EQ(sandbox_.Received("/allocate-candidate"), 0);
}

TEST_F(Waiting, ACallForWhichThereIsNoPlaceIsRefusedWithADelay) {
  GatewayProcess gateway(directory_, sandbox_.base_url(),
                         {.concero = "timeout: 1h, max_in_flight: 1, max_queued: 1"});
  auto stub = gateway.Stub();
  auto runs = StartReport(*stub, kLong);
  sandbox_.AwaitReceived("/report", 1);
  auto a = StartReport(*stub, kLong), b = StartReport(*stub, kLong);
  // One of the two waits for its turn; the other is refused.
  auto a_ended = a->ended.get_future(), b_ended = b->ended.get_future();
  auto ready = [](auto& future) {
    return future.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready;
  };
  while (!ready(a_ended) && !ready(b_ended)) {
  }
  const grpc::Status refused = ready(a_ended) ? a_ended.get() : b_ended.get();
  EXPECT_EQ(refused.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  const Details details = DetailsOf(refused);
  EXPECT_EQ(details.info.reason(), "OVERLOADED");
  EXPECT_EQ(details.info.metadata().at("limit"), "concero.max_queued");
  EXPECT_TRUE(details.has_retry);
  for (auto* call : {runs.get(), a.get(), b.get()}) call->context.TryCancel();
  runs->Await();
  (a_ended.valid() ? a_ended : b_ended).wait();
}

}  // namespace
}  // namespace gw::testing
