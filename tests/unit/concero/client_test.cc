#include "service/concero/client.h"

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
#include "tests/unit/concero/codec_bodies.h"

namespace gw::concero {
namespace {

using http::ErrorKind;
using http::Phase;
using testing::AllText;
using testing::Answered;
using testing::Broken;
using testing::CodeAndReason;
using testing::FakeTransport;
using testing::Metadata;
using testing::OnlyHeader;

using Examinations = std::vector<::concero::v1::Examination>;

// What a completion was told, and how often.
template <class Value>
struct Told {
  std::vector<absl::StatusOr<Value>> values;
  Once<absl::StatusOr<Value>> Done() {
    return [this](absl::StatusOr<Value> value) { values.push_back(std::move(value)); };
  }
};

class ClientTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { observe::SetLogLevel(observe::LogLevel::kError); }
  static void TearDownTestSuite() { observe::SetLogLevel(observe::LogLevel::kInfo); }

  // One call of each kind; the status that it ended with.
  std::vector<absl::Status> StatusesOfAllCalls(absl::AnyInvocable<http::Outcome()> outcome) {
    for (int i = 0; i < 3; ++i) transport_.PrepareAnswer(outcome());
    Told<Examinations> list;
    Told<CancellationAnswer> cancel;
    Told<::concero::v1::Report> report;
    client_.ListExaminations({}, list.Done());
    client_.CancelAllocation(142, {}, cancel.Done());
    client_.GetReport(142, {}, report.Done());
    EXPECT_EQ(list.values.size(), 1u);
    EXPECT_EQ(cancel.values.size(), 1u);
    EXPECT_EQ(report.values.size(), 1u);
    return {list.values.at(0).status(), cancel.values.at(0).status(), report.values.at(0).status()};
  }

  // Before the transport, which tells them when it goes.
  Told<Examinations> list_;
  Told<CancellationAnswer> cancel_;
  Told<::concero::v1::Report> report_;
  FakeTransport transport_;
  Client client_{transport_};
};

TEST_F(ClientTest, SendsTheDocumentedRequests) {
  client_.ListExaminations({}, list_.Done());
  client_.CancelAllocation(142, {}, cancel_.Done());
  client_.GetReport(142, {}, report_.Done());
  const struct {
    http::Method method;
    const char* target;
    const char* body;
    std::optional<std::string> content_type;
  } kCases[] = {
      {http::Method::kGet, "/examinations", "", std::nullopt},
      {http::Method::kPost, "/cancel-allocation", R"({"invite_id":142})", "application/json"},
      {http::Method::kPost, "/report", R"({"inviteId":142})", "application/json"},
  };
  ASSERT_EQ(transport_.sent(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const http::Request& request = transport_.request(i);
    EXPECT_EQ(request.method, kCases[i].method) << i;
    EXPECT_EQ(request.target, kCases[i].target) << i;
    EXPECT_EQ(request.body, kCases[i].body) << i;
    EXPECT_EQ(OnlyHeader(request, "Accept"), "application/json") << i;
    EXPECT_EQ(OnlyHeader(request, "Content-Type"), kCases[i].content_type) << i;
    EXPECT_FALSE(request.one_shot) << i;
  }
}

TEST_F(ClientTest, PassesTheDeadlineAndTheCancelOn) {
  std::stop_source stop;
  const rest::CallContext context{Instant::FromNanos(77), stop.get_token()};
  client_.ListExaminations(context, list_.Done());
  client_.CancelAllocation(1, context, cancel_.Done());
  client_.GetReport(1, context, report_.Done());
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(transport_.request(i).deadline, Instant::FromNanos(77)) << i;
    EXPECT_FALSE(transport_.request(i).cancel.stop_requested()) << i;
  }
  stop.request_stop();
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(transport_.request(i).cancel.stop_requested()) << i;
  }
}

TEST_F(ClientTest, DecodesTheDocumentedList) {
  client_.ListExaminations({}, list_.Done());
  EXPECT_TRUE(list_.values.empty());
  transport_.Answer(0, Answered(200, kDocumentedExaminations));
  ASSERT_EQ(list_.values.size(), 1u);
  ASSERT_TRUE(list_.values[0].ok());
  ASSERT_EQ(list_.values[0]->size(), 1u);
  EXPECT_EQ(list_.values[0]->at(0).id(), 119);
  EXPECT_EQ(list_.values[0]->at(0).name(), "Technology - Email Test");
}

TEST_F(ClientTest, DecodesTheDocumentedCancellation) {
  transport_.PrepareAnswer(Answered(200, kDocumentedCancellation));
  client_.CancelAllocation(142, {}, cancel_.Done());
  ASSERT_EQ(cancel_.values.size(), 1u);
  ASSERT_TRUE(cancel_.values[0].ok());
  EXPECT_EQ(cancel_.values[0]->invite_id, 142);
  EXPECT_EQ(cancel_.values[0]->status, "inValid");
}

TEST_F(ClientTest, DecodesTheDocumentedReport) {
  transport_.PrepareAnswer(Answered(200, kDocumentedReport));
  client_.GetReport(142, {}, report_.Done());
  ASSERT_EQ(report_.values.size(), 1u);
  ASSERT_TRUE(report_.values[0].ok());
  EXPECT_EQ(report_.values[0]->invite_id(), 142);
  EXPECT_EQ(report_.values[0]->examination_id(), 119);
  EXPECT_EQ(report_.values[0]->candidate_email(), "arjun.mehta@company.io");
}

TEST_F(ClientTest, AReportWithoutAnIdHasTheOneThatWasAskedFor) {
  for (const char* body : {"{}", R"({"inviteId":null,"testId":"119"})"}) {
    transport_.PrepareAnswer(Answered(200, body));
    client_.GetReport(142, {}, report_.Done());
    ASSERT_TRUE(report_.values.back().ok()) << body;
    EXPECT_EQ(report_.values.back()->invite_id(), 142) << body;
  }
}

TEST_F(ClientTest, AnAnswerAboutAnotherInvitationIsABadResponse) {
  transport_.PrepareAnswer(Answered(200, kDocumentedReport));
  client_.GetReport(143, {}, report_.Done());
  transport_.PrepareAnswer(Answered(200, kDocumentedCancellation));
  client_.CancelAllocation(143, {}, cancel_.Done());
  for (const absl::Status& status :
       {report_.values.at(0).status(), cancel_.values.at(0).status()}) {
    EXPECT_EQ(CodeAndReason(status), "INTERNAL UPSTREAM_BAD_RESPONSE");
    EXPECT_EQ(Metadata(status, "upstream"), "concero");
    EXPECT_EQ(Metadata(status, "http_status"), "200");
    EXPECT_FALSE(absl::StrContains(AllText(status), "142"));
  }
}

TEST_F(ClientTest, A2xxThatCannotBeDecodedIsABadResponse) {
  for (const char* body : {"", "<html>hidden</html>", "null", "hidden",
                           R"({"success":false,"message":"hidden"})", R"({"success":true})"}) {
    for (const absl::Status& status : StatusesOfAllCalls([&] { return Answered(200, body); })) {
      EXPECT_EQ(CodeAndReason(status), "INTERNAL UPSTREAM_BAD_RESPONSE") << body;
      EXPECT_FALSE(absl::StrContains(AllText(status), "hidden")) << status;
    }
  }
}

TEST_F(ClientTest, EveryFailureIsThatOfTheTable) {
  const struct {
    const char* name;
    http::Outcome outcome;
    const char* status;
  } kCases[] = {
      {"redirect", Answered(302), "FAILED_PRECONDITION UPSTREAM_REDIRECTED"},
      {"400", Answered(400), "INTERNAL UPSTREAM_BAD_REQUEST"},
      {"401", Answered(401, kDocumentedUnauthorized), "FAILED_PRECONDITION UPSTREAM_KEY_REJECTED"},
      {"403", Answered(403), "FAILED_PRECONDITION UPSTREAM_IP_NOT_ALLOWED"},
      {"404", Answered(404), "NOT_FOUND UPSTREAM_NOT_FOUND"},
      {"422", Answered(422), "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD"},
      {"429", Answered(429), "RESOURCE_EXHAUSTED UPSTREAM_RATE_LIMITED"},
      {"500 with the envelope", Answered(500, kDocumentedAllocationFailure),
       "UNAVAILABLE UPSTREAM_UNAVAILABLE"},
      {"503", Answered(503), "UNAVAILABLE UPSTREAM_UNAVAILABLE"},
      {"reset", Broken(ErrorKind::kConnectionLost), "UNAVAILABLE UPSTREAM_UNAVAILABLE"},
      {"TLS", Broken(ErrorKind::kTls, Phase::kNotConnected),
       "FAILED_PRECONDITION UPSTREAM_TLS_FAILED"},
      {"deadline", Broken(ErrorKind::kDeadline), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED"},
      {"overload", Broken(ErrorKind::kOverloaded, Phase::kNotConnected),
       "RESOURCE_EXHAUSTED OVERLOADED"},
  };
  for (const auto& c : kCases) {
    for (const absl::Status& status : StatusesOfAllCalls([&] { return c.outcome; })) {
      EXPECT_EQ(CodeAndReason(status), c.status) << c.name;
      EXPECT_FALSE(absl::StrContains(AllText(status), "SQLSTATE")) << c.name;
    }
  }
}

TEST_F(ClientTest, A422NamesTheRefusedFieldsInOurWords) {
  for (
      const absl::Status& status : StatusesOfAllCalls([] {
        return Answered(
            422,
            R"({"message":"hidden","errors":{"inviteId":["hidden"],"examination_id":["hidden"],"x":["hidden"]}})");
      })) {
    EXPECT_EQ(CodeAndReason(status), "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD");
    EXPECT_EQ(GetFailure(status).violations,
              (std::vector<FieldViolation>{{"examination_id", "refused by the upstream"},
                                           {"invite_id", "refused by the upstream"}}));
    EXPECT_EQ(Metadata(status, "field"), "examination_id");
    EXPECT_EQ(Metadata(status, "http_status"), "422");
    EXPECT_FALSE(absl::StrContains(AllText(status), "hidden")) << status;
  }
}

TEST_F(ClientTest, A422OfAValueThatIsTakenIsAlreadyExists) {
  for (const absl::Status& status : StatusesOfAllCalls(
           [] { return Answered(422, R"({"invite_id":["has already been taken"]})"); })) {
    EXPECT_EQ(CodeAndReason(status), "ALREADY_EXISTS UPSTREAM_REJECTED_FIELD");
  }
}

TEST_F(ClientTest, A422AboutNoFieldOfOursHasNoViolations) {
  for (const absl::Status& status :
       StatusesOfAllCalls([] { return Answered(422, R"({"nonce":["is missing"]})"); })) {
    EXPECT_EQ(CodeAndReason(status), "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD");
    EXPECT_TRUE(GetFailure(status).violations.empty());
    EXPECT_EQ(Metadata(status, "field"), "(none)");
  }
}

TEST_F(ClientTest, A429SaysWhenToComeBack) {
  for (const absl::Status& status : StatusesOfAllCalls([] {
         http::Outcome outcome = Answered(429);
         std::get<http::Response>(outcome).retry_after = absl::Seconds(7);
         return outcome;
       })) {
    EXPECT_EQ(GetFailure(status).retry_delay, absl::Seconds(7));
  }
}

TEST_F(ClientTest, ARequestThatTheTransportDropsIsAnsweredOnce) {
  client_.ListExaminations({}, list_.Done());
  client_.CancelAllocation(1, {}, cancel_.Done());
  client_.GetReport(1, {}, report_.Done());
  for (size_t i = 0; i < 3; ++i) transport_.Drop(i);
  ASSERT_EQ(list_.values.size(), 1u);
  ASSERT_EQ(cancel_.values.size(), 1u);
  ASSERT_EQ(report_.values.size(), 1u);
  for (const absl::Status& status :
       {list_.values[0].status(), cancel_.values[0].status(), report_.values[0].status()}) {
    EXPECT_EQ(CodeAndReason(status), "CANCELLED CANCELLED");
  }
}

}  // namespace
}  // namespace gw::concero
