// The four calls, through generated stub, gateway and sandbox and back.
#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <utility>

#include "tests/integration/gateway/stack.h"
#include "tests/integration/gateway/wave.h"
#include "tests/support/one_processor.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;
using nlohmann::json;

class Calls : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
};

pb::AllocateCandidateRequest Arjun() {
  pb::AllocateCandidateRequest request;
  request.set_examination_id(119);
  request.set_candidate_email("arjun.mehta@company.io");
  request.set_request_id("order-7741");
  return request;
}

TEST_F(Calls, GoAllTheWayAndBack) {
  // Each thread that calls live on has connections of its own.
  std::optional<OneProcessor> one_thread(std::in_place);
  GatewayProcess gateway(directory_, sandbox_.base_url());
  one_thread.reset();
  auto stub = gateway.Stub();

  pb::ListExaminationsResponse list;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub->ListExaminations(&context, {}, &list).ok());
  }
  ASSERT_GT(list.examinations_size(), 0);
  EXPECT_EQ(list.examinations(0).id(), 119);
  EXPECT_EQ(list.examinations(0).name(), "Technology - Email Test");
  EXPECT_FALSE(list.stale());
  EXPECT_FALSE(list.version().empty());
  EXPECT_GT(list.fetch_time().seconds(), 0);
  EXPECT_EQ(list.next_page_token(), "");

  pb::AllocateCandidateResponse allocated;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub->AllocateCandidate(&context, Arjun(), &allocated).ok());
  }
  EXPECT_EQ(allocated.allocation().request_id(), "order-7741");
  EXPECT_EQ(allocated.allocation().state(), pb::ALLOCATION_STATE_SUCCEEDED);
  EXPECT_EQ(allocated.allocation().examination_id(), 119);
  EXPECT_EQ(allocated.allocation().candidate_email(), "arjun.mehta@company.io");
  EXPECT_GT(allocated.allocation().invite_id(), 0);
  EXPECT_FALSE(allocated.allocation().invite_link().empty());
  EXPECT_EQ(allocated.allocation().caller(), "anonymous");
  EXPECT_EQ(allocated.allocation().attempt(), 1);
  EXPECT_FALSE(allocated.replayed());
  const int64_t invite_id = allocated.allocation().invite_id();

  sandbox_.SetReport(invite_id, {{"reportURL", "https://concero.example/report/142"},
                                 {"score", 74},
                                 {"totalScore", 100},
                                 {"percentage", 74.0},
                                 {"testStartDate", "2024-07-15T09:02:14.00Z"},
                                 {"testEndDate", "2024-07-15T10:24:08.00Z"},
                                 {"status", "Pass"},
                                 {"metadata", {{"mode_of_completion", "web"}}}});
  pb::GetReportRequest report_request;
  report_request.set_invite_id(invite_id);
  pb::GetReportResponse report;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub->GetReport(&context, report_request, &report).ok());
  }
  EXPECT_EQ(report.report().invite_id(), invite_id);
  EXPECT_EQ(report.report().examination_id(), 119);
  EXPECT_EQ(report.report().score(), 74);
  EXPECT_EQ(report.report().outcome(), pb::OUTCOME_PASS);
  EXPECT_EQ(report.report().upstream_status(), "Pass");
  EXPECT_EQ(report.report().start_time().seconds(), 1721034134);
  EXPECT_EQ(report.report().metadata().fields().at("mode_of_completion").string_value(), "web");

  pb::CancelAllocationRequest cancel_request;
  cancel_request.set_invite_id(invite_id);
  pb::CancelAllocationResponse cancelled;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub->CancelAllocation(&context, cancel_request, &cancelled).ok());
  }
  EXPECT_EQ(cancelled.invite_id(), invite_id);
  EXPECT_EQ(cancelled.state(), pb::ALLOCATION_STATE_CANCELLED);
  EXPECT_EQ(cancelled.upstream_status(), "inValid");

  const json journal = sandbox_.Journal();
  // One-shots have connections of their own.
  EXPECT_EQ(journal.at("connections"), 2) << "calls one after the other share a connection";
  for (const json& request : journal.at("requests")) {
    EXPECT_EQ(request.at("headers").at("x-api-key"), kKey);
    EXPECT_EQ(request.at("headers").at("accept"), "application/json");
  }
}

TEST_F(Calls, ValidateOnlyChecksAgainstTheListAndSendsNothing) {
  GatewayProcess gateway(directory_, sandbox_.base_url());
  auto stub = gateway.Stub();
  pb::AllocateCandidateRequest request = Arjun();
  request.set_validate_only(true);
  request.set_examination_id(999999);
  pb::AllocateCandidateResponse response;
  grpc::ClientContext without_list;
  EXPECT_TRUE(stub->AllocateCandidate(&without_list, request, &response).ok());
  EXPECT_EQ(response.allocation().state(), pb::ALLOCATION_STATE_UNSPECIFIED);

  pb::ListExaminationsResponse list;
  grpc::ClientContext fill, unknown, known;
  ASSERT_TRUE(stub->ListExaminations(&fill, {}, &list).ok());
  const grpc::Status status = stub->AllocateCandidate(&unknown, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).bad_request.field_violations(0).field(), "examination_id");
  request.set_examination_id(119);
  EXPECT_TRUE(stub->AllocateCandidate(&known, request, &response).ok());
  EXPECT_EQ(sandbox_.Received("/allocate-candidate"), 0);
}

// A gateway in which a list waits for reports, however long they take, fails at each delay.
TEST_F(Calls, TwoThousandSlowReportsRunInOneWaveAndDoNotHoldUpACachedList) {
  constexpr int kCalls = 2000;
  Wave wave;
  for (const int delay_ms : {500, 2000, 8000}) {
    GatewayProcess gateway(directory_, sandbox_.base_url(),
                           {.concero = "max_in_flight: 4096, timeout: 300s"});
    wave = RunWave(gateway, sandbox_, kCalls, /*channels=*/1, delay_ms);
    ASSERT_EQ(wave.failed, 0) << wave.failure << "\n" << gateway.process().err();
    ASSERT_EQ(wave.wrong, 0);
    if (wave.ended_before_the_list == 0 && wave.connections >= kCalls - 1) break;
  }
  EXPECT_EQ(wave.ended_before_the_list, 0);
  // Each has a connection of its own, but for the one that the list had left.
  EXPECT_GE(wave.connections, kCalls - 1);
}

}  // namespace
}  // namespace gw::testing
