// What callers are told when something goes wrong upstream or with their request.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "tests/integration/gateway/stack.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;
using grpc::StatusCode;
using nlohmann::json;

constexpr char kSqlError[] =
    R"({"success": false, "message": "An error occurred during allocation.",
        "error": "SQLSTATE[HY000]: canary for arjun.mehta@company.io"})";

// One fault upstream, and what each kind of call makes of it.
struct FaultCase {
  const char* name;
  json fault;
  StatusCode read_code;
  const char* read_reason;
  StatusCode allocation_code;
  const char* allocation_reason;
  bool retry_info = false;
};

const std::vector<FaultCase>& FaultCases() {
  static const auto* const cases = new std::vector<FaultCase>{
      {"WrongKey",
       {{"status", 401}, {"body", {{"success", false}, {"message", "canary"}}}},
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_KEY_REJECTED",
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_KEY_REJECTED"},
      {"AddressRefused",
       {{"status", 403}, {"body", "<html>canary</html>"}},
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_IP_NOT_ALLOWED",
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_IP_NOT_ALLOWED"},
      {"NotFound",
       {{"status", 404}, {"body", "canary"}},
       StatusCode::NOT_FOUND,
       "UPSTREAM_NOT_FOUND",
       StatusCode::NOT_FOUND,
       "UPSTREAM_NOT_FOUND"},
      {"FieldRefused",
       {{"status", 422},
        {"body", {{"message", "canary"}, {"errors", {{"candidate_email", {"canary"}}}}}}},
       StatusCode::INVALID_ARGUMENT,
       "UPSTREAM_REJECTED_FIELD",
       StatusCode::INVALID_ARGUMENT,
       "UPSTREAM_REJECTED_FIELD"},
      {"TooManyCalls",
       {{"status", 429}, {"headers", {{"Retry-After", "7"}}}},
       StatusCode::RESOURCE_EXHAUSTED,
       "UPSTREAM_RATE_LIMITED",
       StatusCode::RESOURCE_EXHAUSTED,
       "UPSTREAM_RATE_LIMITED",
       true},
      {"OtherRefusal",
       {{"status", 418}, {"body", "canary"}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_REQUEST",
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_REQUEST"},
      {"RequestTimeout",
       {{"status", 408}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_REQUEST",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"PermanentRedirect",
       {{"status", 301}, {"headers", {{"Location", "http://127.0.0.1:1/"}}}},
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_REDIRECTED",
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_REDIRECTED"},
      {"FormRedirect",
       {{"status", 302}, {"headers", {{"Location", "/login"}}}},
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_REDIRECTED",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"SqlError",
       {{"status", 500}, {"body", kSqlError}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::INTERNAL,
       "UPSTREAM_ALLOCATION_FAILED"},
      {"BadGateway",
       {{"status", 502}, {"body", "<html>canary</html>"}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"HtmlWith200",
       {{"body", "<html>canary arjun.mehta@company.io</html>"}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_RESPONSE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"EmptyBody",
       {{"body", ""}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_RESPONSE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"SomethingElse",
       {{"body",
         {{"success", true},
          {"inviteId", "7"},
          {"data",
           {{"candidate_email", "canary@company.io"},
            {"examination_id", 119},
            {"invite_id", 7},
            {"invite_link", "https://canary"},
            {"status", "inValid"}}}}}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_RESPONSE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"ResetBeforeTheRequestWasRead",
       {{"action", "reset_before"}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"ResetAfterTheRequestWasRead",
       {{"action", "reset_after"}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"ResetWithinTheAnswer",
       {{"action", "reset_mid"}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"CloseWithoutAByte",
       {{"action", "close"}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"CutAnswer",
       {{"action", "truncate"}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"EndlessAnswer",
       {{"action", "endless"}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_RESPONSE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
      {"NoAnswerInTime",
       {{"delay_ms", 3'600'000}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       "ALLOCATION_IN_DOUBT"},
  };
  return *cases;
}

class Failures : public ::testing::Test {
 protected:
  // The stack is started once: every case leaves it as it was, which is part of what is tested.
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    sandbox_ = new Sandbox(*directory_);
    gateway_ = new GatewayProcess(*directory_, sandbox_->base_url(), {.concero = "timeout: 2s"});
    stub_ = gateway_->Stub().release();
  }
  static void TearDownTestSuite() {
    delete stub_;
    // What was seen of e-mails, keys and invite links must not be in the log.
    EXPECT_EQ(gateway_->process().Stop(), 0);
    const std::string log = gateway_->process().err();
    EXPECT_EQ(log.find("arjun.mehta"), std::string::npos);
    EXPECT_EQ(log.find(kKey), std::string::npos);
    EXPECT_EQ(log.find("exam/start"), std::string::npos);
    delete gateway_;
    delete sandbox_;
    delete directory_;
  }

  grpc::Status List() {
    pb::ListExaminationsRequest request;
    request.mutable_max_staleness();  // not from the cache
    pb::ListExaminationsResponse response;
    grpc::ClientContext context;
    return stub_->ListExaminations(&context, request, &response);
  }
  grpc::Status Report(int64_t invite_id = 142) {
    pb::GetReportRequest request;
    request.set_invite_id(invite_id);
    pb::GetReportResponse response;
    grpc::ClientContext context;
    return stub_->GetReport(&context, request, &response);
  }
  grpc::Status Cancel(int64_t invite_id = 142) {
    pb::CancelAllocationRequest request;
    request.set_invite_id(invite_id);
    pb::CancelAllocationResponse response;
    grpc::ClientContext context;
    return stub_->CancelAllocation(&context, request, &response);
  }
  // Each under an id of its own, unless told otherwise: what was recorded under one is not sent.
  static std::string NewId() {
    static int count = 0;
    return "r-" + std::to_string(++count);
  }
  grpc::Status Allocate(const std::string& email = "arjun.mehta@company.io",
                        const std::string& request_id = NewId()) {
    pb::AllocateCandidateRequest request;
    request.set_examination_id(119);
    request.set_candidate_email(email);
    request.set_request_id(request_id);
    pb::AllocateCandidateResponse response;
    grpc::ClientContext context;
    return stub_->AllocateCandidate(&context, request, &response);
  }
  static void Expect(const grpc::Status& status, StatusCode code, const std::string& reason,
                     bool retry_info) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    const Details details = DetailsOf(status);
    EXPECT_EQ(details.info.reason(), reason);
    EXPECT_EQ(details.info.domain(), "concero-gateway");
    EXPECT_EQ(details.has_retry, retry_info || reason == "UPSTREAM_UNAVAILABLE");
    EXPECT_EQ(status.error_message().find("canary"), std::string::npos);
    EXPECT_EQ(status.error_details().find("canary"), std::string::npos);
    EXPECT_EQ(status.error_details().find("SQLSTATE"), std::string::npos);
    EXPECT_EQ(status.error_details().find("arjun"), std::string::npos);
  }

  static TemporaryDirectory* directory_;
  static Sandbox* sandbox_;
  static GatewayProcess* gateway_;
  static pb::AssessmentService::Stub* stub_;
};

TemporaryDirectory* Failures::directory_;
Sandbox* Failures::sandbox_;
GatewayProcess* Failures::gateway_;
pb::AssessmentService::Stub* Failures::stub_;

class UpstreamFailures : public Failures, public ::testing::WithParamInterface<FaultCase> {};

TEST_P(UpstreamFailures, HaveTheStatusOfTheTableAndTheNextCallWorks) {
  const FaultCase& c = GetParam();
  sandbox_->SetReport(142, {{"status", "Pass"}});
  sandbox_->SetFaults(json::array({c.fault}));
  Expect(Report(), c.read_code, c.read_reason, c.retry_info);
  Expect(Cancel(), c.read_code, c.read_reason, c.retry_info);
  Expect(List(), c.read_code, c.read_reason, c.retry_info);
  const grpc::Status allocation = Allocate("arjun.mehta@company.io", c.name);
  Expect(allocation, c.allocation_code, c.allocation_reason, c.retry_info);
  EXPECT_EQ(DetailsOf(allocation).info.metadata().at("request_id"), c.name);
  EXPECT_EQ(DetailsOf(allocation).info.metadata().at("upstream"), "concero");
  sandbox_->ClearFaults();
  EXPECT_TRUE(Report().ok());
  EXPECT_TRUE(List().ok());
  EXPECT_TRUE(Allocate().ok());
}

INSTANTIATE_TEST_SUITE_P(Table, UpstreamFailures, ::testing::ValuesIn(FaultCases()),
                         [](const auto& param) { return param.param.name; });

TEST_F(Failures, A429SaysWhenToRetry) {
  sandbox_->SetFaults(json::array({{{"status", 429}, {"headers", {{"Retry-After", "7"}}}}}));
  EXPECT_EQ(DetailsOf(Report()).retry.retry_delay().seconds(), 7);
  sandbox_->ClearFaults();
}

TEST_F(Failures, A422NamesOurField) {
  sandbox_->SetFaults(
      json::array({{{"status", 422}, {"body", {{"errors", {{"candidate_email", {"canary"}}}}}}}}));
  const Details details = DetailsOf(Allocate());
  ASSERT_EQ(details.bad_request.field_violations_size(), 1);
  EXPECT_EQ(details.bad_request.field_violations(0).field(), "candidate_email");
  sandbox_->ClearFaults();
}

TEST_F(Failures, AnUnknownInviteIsNotFound) {
  Expect(Report(987654), StatusCode::NOT_FOUND, "UPSTREAM_NOT_FOUND", false);
  Expect(Cancel(987654), StatusCode::NOT_FOUND, "UPSTREAM_NOT_FOUND", false);
}

TEST_F(Failures, ABadFieldIsNamedAndNothingIsSent) {
  const int before = sandbox_->Received("/allocate-candidate");
  const grpc::Status status = Allocate("not an address", "bad-field");
  Expect(status, StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", false);
  const Details details = DetailsOf(status);
  ASSERT_EQ(details.bad_request.field_violations_size(), 1);
  EXPECT_EQ(details.bad_request.field_violations(0).field(), "candidate_email");
  EXPECT_EQ(details.info.metadata().at("field"), "candidate_email");
  EXPECT_EQ(details.info.metadata().at("request_id"), "bad-field");
  EXPECT_EQ(DetailsOf(Report(0)).bad_request.field_violations(0).field(), "invite_id");
  EXPECT_EQ(DetailsOf(Cancel(-1)).bad_request.field_violations(0).field(), "invite_id");
  EXPECT_EQ(sandbox_->Received("/allocate-candidate"), before);
}

TEST_F(Failures, AFailedAllocationWithoutARequestIdIsToldTheOneThatWasMade) {
  sandbox_->SetFaults(json::array({{{"status", 401}}}));
  // A candidate of its own, of whom nothing is recorded that would count as the same.
  const grpc::Status status = Allocate("arjun.mehta+first@company.io", "");
  EXPECT_EQ(DetailsOf(status).info.reason(), "UPSTREAM_KEY_REJECTED");
  EXPECT_EQ(DetailsOf(status).info.metadata().at("request_id").size(), 36u);
  sandbox_->ClearFaults();
}

TEST_F(Failures, AnAllocationThatMayHaveBeenExecutedIsSentOnce) {
  const int before = sandbox_->Received("/allocate-candidate");
  EXPECT_TRUE(Allocate().ok());  // the connection is warm
  sandbox_->SetFaults(json::array({{{"action", "close"}, {"path", "/api/v1/allocate-candidate"}}}));
  Expect(Allocate(), StatusCode::UNKNOWN, "ALLOCATION_IN_DOUBT", false);
  sandbox_->ClearFaults();
  EXPECT_EQ(sandbox_->Received("/allocate-candidate"), before + 2);
}

}  // namespace
}  // namespace gw::testing
