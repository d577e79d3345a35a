#include "service/proctorexam/client.h"

#include <gtest/gtest.h>

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "service/observe/log.h"
#include "tests/support/failures.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"
#include "tests/unit/proctorexam/documented_student.h"

namespace gw::proctorexam {
namespace {

namespace pb = ::proctorexam::v1;
using http::ErrorKind;
using http::Method;
using http::Parameter;
using http::Phase;
using testing::AllText;
using testing::Answered;
using testing::Broken;
using testing::CodeAndReason;
using testing::Metadata;
using testing::OnlyHeader;
using Parameters = std::vector<Parameter>;
using Session = absl::StatusOr<pb::StudentSession>;

constexpr char kStudent7[] = R"({"student":{"id":7,"exam_id":3,"name":"x"}})";

class ProctorExamClientTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { observe::SetLogLevel(observe::LogLevel::kError); }
  static void TearDownTestSuite() { observe::SetLogLevel(observe::LogLevel::kInfo); }

  // Each call answers one of these, in order.
  Once<Session> Told() {
    return [this](Session session) { sessions_.push_back(std::move(session)); };
  }
  void Update(const rest::CallContext& context = {}) {
    pb::UpdateStudentSessionRequest request;
    request.set_id(7);
    request.set_name("x");
    client_.Update(request, context, Told());
  }
  void Get(const rest::CallContext& context = {}) {
    pb::GetStudentSessionRequest request;
    request.set_id(7);
    client_.Get(request, context, Told());
  }
  void Create(const rest::CallContext& context = {}) {
    pb::CreateStudentSessionRequest request;
    request.set_exam_id(3);
    request.set_name("x");
    request.set_email("x@example.com");
    client_.Create(request, context, Told());
  }
  void Delete(const rest::CallContext& context = {}) {
    pb::DeleteStudentSessionRequest request;
    request.set_id(7);
    client_.Delete(request, context, [this](const absl::Status& s) { deleted_.push_back(s); });
  }
  void List(int64_t exam_id, int32_t page_size, const std::string& token = "",
            const rest::CallContext& context = {}) {
    pb::ListStudentSessionsRequest request;
    request.set_exam_id(exam_id);
    request.set_page_size(page_size);
    request.set_page_token(token);
    client_.List(request, context, [this](auto page) { pages_.push_back(std::move(page)); });
  }

  // Before the transport, which tells them when it goes.
  std::vector<Session> sessions_;
  std::vector<absl::Status> deleted_;
  std::vector<absl::StatusOr<pb::ListStudentSessionsResponse>> pages_;
  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  testing::FakeTransport transport_;
  Client client_{transport_, timer_, clock_};
};

TEST_F(ProctorExamClientTest, SendsTheDocumentedRequests) {
  Update();
  Get();
  Create();
  Delete();
  List(0, 0);
  List(3, 50);
  const struct {
    const char* target;
    Parameters parameters;
    Method method;
    bool has_body = false;
    bool one_shot = false;
  } kCases[] = {
      {"/student_sessions/7", {{"id", int64_t{7}, true}, {"name", "x"}}, Method::kPatch, true},
      {"/student_sessions/7", {{"id", int64_t{7}, true}}, Method::kGet},
      {"/exams/3/student_sessions",
       {{"exam_id", int64_t{3}, true}, {"name", "x"}, {"email", "x@example.com"}},
       Method::kPost,
       true,
       true},
      {"/student_sessions/7", {{"id", int64_t{7}, true}}, Method::kDelete},
      {"/student_sessions", {{"page", int64_t{1}}, {"limit", int64_t{100}}}, Method::kGet},
      {"/exams/3/student_sessions",
       {{"exam_id", int64_t{3}, true}, {"page", int64_t{1}}, {"limit", int64_t{50}}},
       Method::kGet},
  };
  ASSERT_EQ(transport_.sent(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    const http::Request& request = transport_.request(i);
    EXPECT_EQ(request.method, kCases[i].method) << i;
    EXPECT_EQ(request.target, kCases[i].target) << i;
    EXPECT_EQ(request.parameters, kCases[i].parameters) << i;
    EXPECT_EQ(request.one_shot, kCases[i].one_shot) << i;
    EXPECT_EQ(OnlyHeader(request, "Accept"), "application/vnd.procwise.v3") << i;
    EXPECT_EQ(OnlyHeader(request, "Content-Type").has_value(), kCases[i].has_body) << i;
    EXPECT_EQ(request.body, "") << "whoever signs makes it";
  }
}

TEST_F(ProctorExamClientTest, SendsOfAnUpdateWhatIsSetEmptyOrNotAndNothingElse) {
  pb::UpdateStudentSessionRequest request;
  request.set_id(7);
  request.set_email("");
  request.set_external_id("e");
  request.set_individual_info("a\nb");
  request.set_is_individual_info_html(false);
  request.set_skip_requirements(true);
  request.mutable_open_time()->set_seconds(1784000000);
  request.mutable_open_time()->set_nanos(999'999'999);
  client_.Update(request, {}, Told());
  EXPECT_EQ(transport_.request(0).parameters, (Parameters{{"id", int64_t{7}, true},
                                                          {"email", ""},
                                                          {"external_id", "e"},
                                                          {"individual_info", "a\nb"},
                                                          {"is_individual_info_html", false},
                                                          {"skip_requirements", true},
                                                          {"open_time", int64_t{1784000000}}}));
}

TEST_F(ProctorExamClientTest, PassesTheDeadlineAndTheCancelOn) {
  std::stop_source stop;
  const rest::CallContext context{Instant::FromNanos(77), stop.get_token()};
  Update(context);
  Get(context);
  Delete(context);
  List(0, 0, "", context);
  stop.request_stop();
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(transport_.request(i).deadline, Instant::FromNanos(77)) << i;
    EXPECT_TRUE(transport_.request(i).cancel.stop_requested()) << i;
  }
}

TEST_F(ProctorExamClientTest, ReadsTheSessionThatItAskedFor) {
  for (int i = 0; i < 2; ++i) transport_.PrepareAnswer(Answered(200, kStudent7));
  Update();
  Get();
  transport_.PrepareAnswer(Answered(201, kStudent7));
  Create();
  for (const Session& session : sessions_) {
    ASSERT_TRUE(session.ok()) << session.status();
    EXPECT_EQ(session->id(), 7);
    EXPECT_EQ(session->name(), "x");
  }
  EXPECT_EQ(sessions_.size(), 3u);
}

TEST_F(ProctorExamClientTest, ASessionWithoutAnIdIsTheOneThatWasAskedFor) {
  transport_.PrepareAnswer(Answered(200, R"({"student":{"id":null}})"));
  Get();
  EXPECT_EQ(sessions_.at(0)->id(), 7);
}

TEST_F(ProctorExamClientTest, AnAnswerThatIsNotTheOneAskedForIsABadResponseAndOfACreationUnknown) {
  for (const char* body : {R"({"student":{"id":8,"exam_id":4}})", "<html>", "", "{}", "null"}) {
    for (int i = 0; i < 3; ++i) transport_.PrepareAnswer(Answered(200, body));
    sessions_.clear();
    Update();
    Get();
    Create();
    EXPECT_EQ(CodeAndReason(sessions_.at(0).status()), "INTERNAL UPSTREAM_BAD_RESPONSE") << body;
    EXPECT_EQ(CodeAndReason(sessions_.at(1).status()), "INTERNAL UPSTREAM_BAD_RESPONSE") << body;
    EXPECT_EQ(CodeAndReason(sessions_.at(2).status()), "UNKNOWN UPSTREAM_OUTCOME_UNKNOWN") << body;
    EXPECT_EQ(Metadata(sessions_.at(2).status(), "http_status"), "200");
  }
}

TEST_F(ProctorExamClientTest, EveryFailureIsThatOfTheTable) {
  constexpr char kUnknown[] = "UNKNOWN UPSTREAM_OUTCOME_UNKNOWN";
  const struct {
    const char* name;
    http::Outcome outcome;
    const char* status;
    const char* of_a_creation;  // null: the same
  } kCases[] = {
      {"401", Answered(401), "FAILED_PRECONDITION UPSTREAM_KEY_REJECTED", nullptr},
      {"403", Answered(403, R"({"error":"canary"})"), "FAILED_PRECONDITION UPSTREAM_NOT_AUTHORIZED",
       nullptr},
      {"404", Answered(404, R"({"error":"canary"})"), "NOT_FOUND UPSTREAM_NOT_FOUND", nullptr},
      {"408", Answered(408), "INTERNAL UPSTREAM_BAD_REQUEST", kUnknown},
      {"taken", Answered(422, R"({"email":["has already been taken"]})"),
       "ALREADY_EXISTS UPSTREAM_REJECTED_FIELD", nullptr},
      {"refused", Answered(422, R"({"name":["canary"]})"),
       "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD", nullptr},
      {"429", Answered(429), "RESOURCE_EXHAUSTED UPSTREAM_RATE_LIMITED", nullptr},
      {"302", Answered(302), "FAILED_PRECONDITION UPSTREAM_REDIRECTED", kUnknown},
      {"500", Answered(500, "canary"), "UNAVAILABLE UPSTREAM_UNAVAILABLE", kUnknown},
      {"refused connection", Broken(ErrorKind::kConnect, Phase::kNotConnected),
       "UNAVAILABLE UPSTREAM_UNAVAILABLE", nullptr},
      {"reset", Broken(ErrorKind::kConnectionLost), "UNAVAILABLE UPSTREAM_UNAVAILABLE", kUnknown},
      {"timeout", Broken(ErrorKind::kTimeout), "UNAVAILABLE UPSTREAM_UNAVAILABLE", kUnknown},
      {"overload", Broken(ErrorKind::kOverloaded, Phase::kNotConnected),
       "RESOURCE_EXHAUSTED OVERLOADED", nullptr},
      {"stop", Broken(ErrorKind::kShutdown, Phase::kNotConnected), "UNAVAILABLE SHUTTING_DOWN",
       nullptr},
  };
  for (const auto& c : kCases) {
    for (int i = 0; i < 5; ++i) transport_.PrepareAnswer(c.outcome);
    sessions_.clear();
    Update();
    Get();
    Create();
    Delete();
    List(0, 0);
    for (const absl::Status& status : {sessions_.at(0).status(), sessions_.at(1).status(),
                                       deleted_.back(), pages_.back().status()}) {
      EXPECT_EQ(CodeAndReason(status), c.status) << c.name;
      EXPECT_FALSE(absl::StrContains(AllText(status), "canary")) << c.name;
      EXPECT_EQ(Metadata(status, "upstream"), "proctorexam") << c.name;
    }
    EXPECT_EQ(CodeAndReason(sessions_.at(2).status()),
              c.of_a_creation != nullptr ? c.of_a_creation : c.status)
        << c.name;
  }
}

TEST_F(ProctorExamClientTest, A422NamesEachFieldOfOursAndCountsTheRest) {
  std::string body = "{\"canary\":[\"x\"],\"nonce\":[\"x\"]";
  for (const char* field : {"id", "exam_id", "name", "email", "external_id", "individual_info",
                            "is_individual_info_html", "skip_requirements", "open_time"}) {
    absl::StrAppend(&body, ",\"", field, "\":[\"canary\"]");
  }
  transport_.PrepareAnswer(Answered(422, body + "}"));
  Update();
  const absl::Status status = sessions_.at(0).status();
  EXPECT_EQ(GetFailure(status).violations.size(), 9u);
  EXPECT_EQ(Metadata(status, "unmapped_fields"), "2");
  EXPECT_FALSE(absl::StrContains(AllText(status), "canary"));
}

TEST_F(ProctorExamClientTest, ADeletionIsDoneWhateverTheAnswerSays) {
  for (const auto& [status, body] :
       std::vector<std::pair<int, std::string>>{{200, kStudent7}, {204, ""}, {200, "<html>"}}) {
    transport_.PrepareAnswer(Answered(status, body));
    Delete();
    EXPECT_TRUE(deleted_.back().ok()) << status << body;
  }
}

TEST_F(ProctorExamClientTest, A404OfADeletionIsSuccessOnlyWhenItWasSentBefore) {
  http::Response response{404, "", ""};
  response.repeated = true;
  transport_.PrepareAnswer(response);
  Delete();
  EXPECT_TRUE(deleted_.at(0).ok());
  // Of other calls, and of other refusals, it is a failure all the same.
  transport_.PrepareAnswer(response);
  Get();
  EXPECT_EQ(CodeAndReason(sessions_.at(0).status()), "NOT_FOUND UPSTREAM_NOT_FOUND");
  response.status = 403;
  transport_.PrepareAnswer(response);
  Delete();
  EXPECT_EQ(CodeAndReason(deleted_.at(1)), "FAILED_PRECONDITION UPSTREAM_NOT_AUTHORIZED");
}

TEST_F(ProctorExamClientTest, AListGoesOnWithItsToken) {
  transport_.PrepareAnswer(
      Answered(200, R"({"students":[{"id":1},{"id":2}]})",
               "X-Pagination-Item-Count: 3\r\nX-Pagination-Page-Count: 2\r\n"));
  List(3, 2);
  ASSERT_TRUE(pages_.at(0).ok());
  EXPECT_EQ(pages_[0]->student_sessions_size(), 2);
  EXPECT_EQ(pages_[0]->total_size(), 3);
  transport_.PrepareAnswer(
      Answered(200, R"({"students":[{"id":3}]})",
               "X-Pagination-Item-Count: 3\r\nX-Pagination-Page-Count: 2\r\n"));
  List(3, 0, pages_[0]->next_page_token());
  EXPECT_EQ(
      transport_.request(1).parameters,
      (Parameters{{"exam_id", int64_t{3}, true}, {"page", int64_t{2}}, {"limit", int64_t{2}}}));
  EXPECT_EQ(pages_.at(1)->student_sessions(0).id(), 3);
  EXPECT_EQ(pages_[1]->next_page_token(), "");
}

TEST_F(ProctorExamClientTest, AListWithAWrongTokenIsNotAskedFor) {
  List(3, 2, "x");
  EXPECT_EQ(CodeAndReason(pages_.at(0).status()), "INVALID_ARGUMENT PAGE_TOKEN_INVALID");
  EXPECT_EQ(transport_.sent(), 0u);
}

TEST_F(ProctorExamClientTest, ACreationThatLeftIsUnknownToWhoStopsWaiting) {
  std::stop_source stop;
  Create({Instant::Never(), stop.get_token()});
  EXPECT_TRUE(transport_.request(0).before_send());
  stop.request_stop();
  EXPECT_EQ(CodeAndReason(sessions_.at(0).status()), "UNKNOWN UPSTREAM_OUTCOME_UNKNOWN");
  EXPECT_FALSE(transport_.request(0).cancel.stop_requested()) << "it was taken back";
  transport_.Answer(0, Answered(201, kStudent7));
  EXPECT_EQ(sessions_.size(), 1u);
}

TEST_F(ProctorExamClientTest, ARequestThatTheTransportDropsIsAnsweredOnce) {
  Update();
  Create();
  Delete();
  for (size_t i = 0; i < 3; ++i) transport_.Drop(i);
  EXPECT_EQ(CodeAndReason(sessions_.at(0).status()), "CANCELLED CANCELLED");
  EXPECT_EQ(CodeAndReason(sessions_.at(1).status()), "UNKNOWN UPSTREAM_OUTCOME_UNKNOWN");
  EXPECT_EQ(CodeAndReason(deleted_.at(0)), "CANCELLED CANCELLED");
}

}  // namespace
}  // namespace gw::proctorexam
