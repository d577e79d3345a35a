// What callers are told when something goes wrong with ProctorExam or with their request.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/gateway/student_sessions_fixture.h"

namespace gw::testing {
namespace {

using grpc::StatusCode;
using nlohmann::json;

std::map<std::string, std::string> MetadataOf(const grpc::Status& status) {
  const Details details = DetailsOf(status);
  return {details.info.metadata().begin(), details.info.metadata().end()};
}

std::vector<std::string> FieldsOf(const grpc::Status& status) {
  const Details details = DetailsOf(status);
  std::vector<std::string> fields;
  for (const auto& violation : details.bad_request.field_violations()) {
    fields.push_back(violation.field());
  }
  return fields;
}

// What a fault makes of a call that may be repeated, and of one that may not.
struct FaultCase {
  const char* name;
  json fault;
  StatusCode code;
  const char* reason;
  StatusCode create_code;
  const char* create_reason;
};

constexpr char kUnknown[] = "UPSTREAM_OUTCOME_UNKNOWN";

const std::vector<FaultCase>& FaultCases() {
  static const auto* const cases = new std::vector<FaultCase>{
      {"WrongToken",
       {{"status", 401}, {"body", {{"error", "canary"}}}},
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_KEY_REJECTED",
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_KEY_REJECTED"},
      {"NotAuthorized",
       {{"status", 403}, {"body", "<html>canary</html>"}},
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_NOT_AUTHORIZED",
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_NOT_AUTHORIZED"},
      {"NotFound",
       {{"status", 404}, {"body", {{"error", "canary"}}}},
       StatusCode::NOT_FOUND,
       "UPSTREAM_NOT_FOUND",
       StatusCode::NOT_FOUND,
       "UPSTREAM_NOT_FOUND"},
      {"TimeOutOfARequest",
       {{"status", 408}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_REQUEST",
       StatusCode::UNKNOWN,
       kUnknown},
      {"TooManyCalls",
       {{"status", 429}, {"headers", {{"Retry-After", "7"}}}},
       StatusCode::RESOURCE_EXHAUSTED,
       "UPSTREAM_RATE_LIMITED",
       StatusCode::RESOURCE_EXHAUSTED,
       "UPSTREAM_RATE_LIMITED"},
      {"OtherRefusal",
       {{"status", 409}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_REQUEST",
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_REQUEST"},
      {"MovedForGood",
       {{"status", 301}, {"headers", {{"Location", "/canary"}}}},
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_REDIRECTED",
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_REDIRECTED"},
      {"SeeOther",
       {{"status", 303}, {"headers", {{"Location", "/canary"}}}},
       StatusCode::FAILED_PRECONDITION,
       "UPSTREAM_REDIRECTED",
       StatusCode::UNKNOWN,
       kUnknown},
      {"Failure",
       {{"status", 500}, {"body", "canary"}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       kUnknown},
      {"BadGateway",
       {{"status", 502}, {"body", "<html>canary</html>"}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       kUnknown},
      {"NotJson",
       {{"status", 200}, {"body", "<html>canary</html>"}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_RESPONSE",
       StatusCode::UNKNOWN,
       kUnknown},
      {"NoStudent",
       {{"status", 200}, {"body", {{"canary", 1}}}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_RESPONSE",
       StatusCode::UNKNOWN,
       kUnknown},
      {"SomebodyElse",
       {{"status", 200}, {"body", {{"student", {{"id", 987}, {"exam_id", 987}}}}}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_RESPONSE",
       StatusCode::UNKNOWN,
       kUnknown},
      {"CutAnswer",
       {{"action", "truncate"}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       kUnknown},
      {"ConnectionsThatCloseWithoutAByte",
       {{"action", "close"}},
       StatusCode::UNAVAILABLE,
       "UPSTREAM_UNAVAILABLE",
       StatusCode::UNKNOWN,
       kUnknown},
      {"EndlessAnswer",
       {{"action", "endless"}},
       StatusCode::INTERNAL,
       "UPSTREAM_BAD_RESPONSE",
       StatusCode::UNKNOWN,
       kUnknown},
  };
  return *cases;
}

class StudentSessionFaults : public StudentSessionsTest {
 protected:
  StudentSessionFaults() : StudentSessionsTest("max_response_bytes: 64KiB") {}
};

TEST_F(StudentSessionFaults, AreEachToldAsTheFailureTableSaysAndACreationIsSentOnce) {
  for (const FaultCase& c : FaultCases()) {
    SCOPED_TRACE(c.name);
    sandbox_.SetFaults(json::array({c.fault}));
    sandbox_.ClearJournal();
    px::CreateStudentSessionResponse made;
    const grpc::Status created = Create("zoe@example.com", &made);
    EXPECT_EQ(created.error_code(), c.create_code) << created.error_message();
    EXPECT_EQ(DetailsOf(created).info.reason(), c.create_reason);
    EXPECT_EQ(Requests().size(), 1u) << "a creation is sent once, whatever comes of it";
    const grpc::Status renamed = Rename(1, "x");
    EXPECT_EQ(renamed.error_code(), c.code) << renamed.error_message();
    EXPECT_EQ(DetailsOf(renamed).info.reason(), c.reason);
    for (const grpc::Status& status : {created, renamed}) {
      EXPECT_EQ(MetadataOf(status)["upstream"], "proctorexam");
      EXPECT_EQ(status.error_message().find("canary"), std::string::npos);
      EXPECT_EQ(status.error_details().find("canary"), std::string::npos);
      EXPECT_EQ(DetailsOf(status).has_retry,
                status.error_code() == StatusCode::UNAVAILABLE ||
                    status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
    }
    sandbox_.ClearFaults();
    EXPECT_TRUE(Rename(1, "again").ok()) << "the next call works";
    // Some of the faults let the creation happen.
    px::ListStudentSessionsRequest all;
    all.set_page_size(300);
    px::ListStudentSessionsResponse list;
    ASSERT_TRUE(Call(&Stub::ListStudentSessions, all, &list).ok());
    for (const auto& session : list.student_sessions()) {
      if (session.id() > 4) {
        EXPECT_TRUE(Delete(session.id()).ok());
      }
    }
  }
}

TEST_F(StudentSessionFaults, AnAddressThatIsTakenNamesItsField) {
  px::CreateStudentSessionResponse made;
  px::UpdateStudentSessionRequest request;
  request.set_id(1);
  request.set_email("zoe.obrien@example.com");
  px::UpdateStudentSessionResponse updated;
  for (const grpc::Status& status : {Create("Student1@Example.com", &made),
                                     Call(&Stub::UpdateStudentSession, request, &updated)}) {
    EXPECT_EQ(status.error_code(), StatusCode::ALREADY_EXISTS);
    EXPECT_EQ(DetailsOf(status).info.reason(), "UPSTREAM_REJECTED_FIELD");
    EXPECT_EQ(MetadataOf(status),
              (std::map<std::string, std::string>{
                  {"upstream", "proctorexam"}, {"http_status", "422"}, {"field", "email"}}));
    EXPECT_EQ(FieldsOf(status), std::vector<std::string>{"email"});
  }
}

TEST_F(StudentSessionFaults, OtherRefusedFieldsAreNamedOrCounted) {
  sandbox_.SetFaults(json::array({{{"status", 422},
                                   {"body",
                                    {{"name", {"canary"}},
                                     {"open_time", {"canary"}},
                                     {"nonce", {"canary"}},
                                     {"canary", {"x"}}}}}}));
  const grpc::Status status = Rename(1, "x");
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).info.reason(), "UPSTREAM_REJECTED_FIELD");
  EXPECT_EQ(FieldsOf(status), (std::vector<std::string>{"name", "open_time"}));
  EXPECT_EQ(MetadataOf(status)["unmapped_fields"], "2");
  EXPECT_EQ(status.error_details().find("canary"), std::string::npos);
}

TEST_F(StudentSessionFaults, BadFieldsAreNamedAndNothingIsSent) {
  px::UpdateStudentSessionRequest nothing;
  nothing.set_id(1);
  px::UpdateStudentSessionResponse updated;
  grpc::Status status = Call(&Stub::UpdateStudentSession, nothing, &updated);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).info.reason(), "INVALID_FIELD");

  px::CreateStudentSessionResponse made;
  status = Call(&Stub::CreateStudentSession, px::CreateStudentSessionRequest(), &made);
  EXPECT_EQ(FieldsOf(status), (std::vector<std::string>{"exam_id", "name", "email"}));

  px::ListStudentSessionsRequest list;
  list.set_page_token("bm90LW91cnM");
  px::ListStudentSessionsResponse listed;
  status = Call(&Stub::ListStudentSessions, list, &listed);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).info.reason(), "PAGE_TOKEN_INVALID");

  EXPECT_EQ(Delete(0).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Requests().size(), 0u);
}

TEST_F(StudentSessionFaults, ACreationThatLeftIsUnknownToWhoStopsWaitingAndGoesOn) {
  sandbox_.SetFaults(json::array({{{"method", "POST"}, {"delay_ms", 6000}}}));
  grpc::ClientContext context;
  px::CreateStudentSessionResponse made;
  std::thread canceller([&] {
    while (Requests().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    context.TryCancel();
  });
  const grpc::Status status =
      stub_->CreateStudentSession(&context, NewStudent("zoe@example.com"), &made);
  canceller.join();
  EXPECT_EQ(status.error_code(), StatusCode::CANCELLED) << "that is what a caller sees of itself";
  while (gateway_->Logged("late_outcome").empty()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(gateway_->Logged("late_outcome")[0].at("outcome"), "SUCCEEDED");
  EXPECT_EQ(gateway_->Logged("call")[0].at("reason"), kUnknown);
  EXPECT_EQ(Get(5).email(), "zoe@example.com");
}

TEST_F(StudentSessionFaults, ACreationIsNotBegunWithLessThanASecondLeft) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(900));
  px::CreateStudentSessionResponse made;
  const grpc::Status status =
      stub_->CreateStudentSession(&context, NewStudent("zoe@example.com"), &made);
  EXPECT_EQ(status.error_code(), StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(Requests().size(), 0u);
}

TEST(NotConfigured, AnUpstreamIsToldOfByEachOfItsCallsWhileTheOtherWorks) {
  TemporaryDirectory directory;
  Sandbox sandbox(directory);
  GatewaySettings settings;
  settings.proctorexam_url = sandbox.proctorexam_url();
  const GatewayProcess only_proctorexam(directory, "", settings);
  const GatewayProcess only_concero(directory, sandbox.base_url());

  const auto list = [](const GatewayProcess& gateway) {
    grpc::ClientContext context;
    concero::v1::ListExaminationsResponse response;
    return gateway.Stub()->ListExaminations(&context, {}, &response);
  };
  const auto allocate = [](const GatewayProcess& gateway) {
    grpc::ClientContext context;
    concero::v1::AllocateCandidateRequest request;
    request.set_request_id("r-1");
    concero::v1::AllocateCandidateResponse response;
    return gateway.Stub()->AllocateCandidate(&context, request, &response);
  };
  const auto get = [](const GatewayProcess& gateway) {
    grpc::ClientContext context;
    px::GetStudentSessionRequest request;
    request.set_id(1);
    px::GetStudentSessionResponse response;
    return gateway.StudentSessions()->GetStudentSession(&context, request, &response);
  };
  EXPECT_TRUE(get(only_proctorexam).ok());
  EXPECT_TRUE(list(only_concero).ok());
  const struct {
    grpc::Status status;
    const char* upstream;
  } kCases[] = {{list(only_proctorexam), "concero"},
                {allocate(only_proctorexam), "concero"},
                {get(only_concero), "proctorexam"}};
  for (const auto& c : kCases) {
    EXPECT_EQ(c.status.error_code(), StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(DetailsOf(c.status).info.reason(), "UPSTREAM_NOT_CONFIGURED");
    EXPECT_EQ(MetadataOf(c.status)["upstream"], c.upstream);
  }
  EXPECT_EQ(MetadataOf(kCases[1].status)["request_id"], "r-1");
}

}  // namespace
}  // namespace gw::testing
