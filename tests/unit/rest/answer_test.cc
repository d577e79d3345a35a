#include "service/rest/answer.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/support/captured_log.h"
#include "tests/support/failures.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::rest {
namespace {

using http::ErrorKind;
using http::Phase;
using testing::AllText;
using testing::Answered;
using testing::Broken;
using testing::CapturedLog;
using testing::CodeAndReason;
using testing::Metadata;

// One of ours that is called the same, one that is not.
absl::string_view OurFieldAnswered(absl::string_view theirs) {
  if (theirs == "email") return "email";
  return theirs == "examId" ? "exam_id" : "";
}

const Dialect kAnsweredDialect{{"upstream-a", Reason::kUpstreamNotAuthorized, "ask for access"},
                               &OurFieldAnswered};

class AnswerTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  const observe::KeyedHash hash_{Secret("a-key")};
  const observe::CallRecordPtr record_ =
      std::make_shared<observe::CallRecord>("order-7741", std::nullopt, hash_, clock_, random_);
  CapturedLog log_;
};

using RefusalOfTest = AnswerTest;

TEST_F(RefusalOfTest, A422NamesTheFieldsThatAreOursAndCountsTheOthers) {
  const struct {
    const char* name;
    const char* body;
    const char* means;
    std::vector<std::string> fields;
    const char* unmapped;
  } kCases[] = {
      {"ours", R"({"errors":{"email":["hidden"]}})", "INVALID_ARGUMENT", {"email"}, "(none)"},
      {"ours, by another name",
       R"({"examId":["hidden"]})",
       "INVALID_ARGUMENT",
       {"exam_id"},
       "(none)"},
      {"two",
       R"({"errors":{"examId":["hidden"],"email":["hidden"]}})",
       "INVALID_ARGUMENT",
       {"email", "exam_id"},
       "(none)"},
      {"one of theirs", R"({"nonce":["hidden"]})", "INVALID_ARGUMENT", {}, "1"},
      {"both",
       R"({"errors":{"email":["hidden"],"hidden1":["x"],"hidden2":["x"]}})",
       "INVALID_ARGUMENT",
       {"email"},
       "2"},
      {"taken",
       R"({"email":["hidden has already been taken"]})",
       "ALREADY_EXISTS",
       {"email"},
       "(none)"},
      {"one of theirs taken",
       R"({"hidden":["has already been taken"]})",
       "INVALID_ARGUMENT",
       {},
       "1"},
      {"taken, and another",
       R"({"email":["has already been taken"],"examId":["x"],"y":["z"]})",
       "ALREADY_EXISTS",
       {"email", "exam_id"},
       "1"},
      {"no fields", R"({"message":"hidden"})", "INVALID_ARGUMENT", {}, "(none)"},
      {"a page", "<html>hidden</html>", "INVALID_ARGUMENT", {}, "(none)"},
      {"nothing", "", "INVALID_ARGUMENT", {}, "(none)"},
  };
  for (const auto& c : kCases) {
    const absl::Status status = RefusalOf(Answered(422, c.body), kAnsweredDialect, nullptr);
    EXPECT_EQ(CodeAndReason(status), absl::StrCat(c.means, " UPSTREAM_REJECTED_FIELD")) << c.name;
    std::vector<FieldViolation> violations;
    for (const std::string& field : c.fields) {
      violations.push_back({field, "refused by the upstream"});
    }
    EXPECT_EQ(GetFailure(status).violations, violations) << c.name;
    EXPECT_EQ(Metadata(status, "field"), c.fields.empty() ? "(none)" : c.fields[0]) << c.name;
    EXPECT_EQ(Metadata(status, "unmapped_fields"), c.unmapped) << c.name;
    EXPECT_EQ(Metadata(status, "upstream"), "upstream-a") << c.name;
    EXPECT_EQ(Metadata(status, "http_status"), "422") << c.name;
    EXPECT_FALSE(absl::StrContains(AllText(status), "hidden")) << c.name << ": " << status;
  }
}

TEST_F(RefusalOfTest, OfADialectWithoutFieldsOnlyCountsThem) {
  const Dialect dialect{kAnsweredDialect.traits};
  const absl::Status status =
      RefusalOf(Answered(422, R"({"email":["has already been taken"]})"), dialect, nullptr);
  EXPECT_EQ(CodeAndReason(status), "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD");
  EXPECT_TRUE(GetFailure(status).violations.empty());
  EXPECT_EQ(Metadata(status, "unmapped_fields"), "1");
}

TEST_F(RefusalOfTest, OnlyA422IsReadForFieldsAndNothingElseOfABodyIsTold) {
  for (const int status : {300, 302, 400, 401, 403, 404, 408, 409, 429, 500, 503, 100, 600}) {
    for (const char* body :
         {R"({"email":["hidden, has already been taken"]})", "<h1>hidden</h1>", "hidden"}) {
      const http::Outcome outcome = Answered(status, body, "X-Hidden: hidden\r\n");
      const absl::Status refusal = RefusalOf(outcome, kAnsweredDialect, nullptr);
      EXPECT_EQ(refusal, http::StatusOf(outcome, kAnsweredDialect.traits)) << status;
      EXPECT_FALSE(absl::StrContains(AllText(refusal), "idden")) << refusal;
    }
  }
}

TEST_F(RefusalOfTest, WhatWasAnsweredIsLoggedInTheNameOfTheCallWithoutAddresses) {
  (void)RefusalOf(Answered(422, R"({"email":["arjun.mehta@company.io is no address"]})"),
                  kAnsweredDialect, record_.get());
  (void)RefusalOf(Answered(503, "<h1>Down</h1>"), kAnsweredDialect, nullptr);
  const std::vector<nlohmann::json> lines = log_.Take();
  ASSERT_EQ(lines.size(), 2u);
  for (const nlohmann::json& line : lines) {
    EXPECT_EQ(line.at("event"), "upstream_refused");
    EXPECT_EQ(line.at("level"), "warn");
    EXPECT_EQ(line.at("upstream"), "upstream-a");
    EXPECT_FALSE(absl::StrContains(line.dump(), "arjun")) << line;
  }
  EXPECT_EQ(lines[0].at("request_id"), "order-7741");
  EXPECT_EQ(lines[0].at("http_status"), 422);
  EXPECT_TRUE(absl::StrContains(lines[0].at("body").get<std::string>(), "is no address"));
  EXPECT_EQ(lines[1].at("http_status"), 503);
  EXPECT_EQ(lines[1].at("body"), "<h1>Down</h1>");
  EXPECT_FALSE(lines[1].contains("request_id"));
}

TEST_F(RefusalOfTest, OfATransportErrorIsThatOfTheTableAndWritesNoLine) {
  for (const Phase phase : {Phase::kNotConnected, Phase::kWritten}) {
    const http::Outcome outcome = Broken(ErrorKind::kConnectionLost, phase, "hidden.example");
    const absl::Status status = RefusalOf(outcome, kAnsweredDialect, record_.get());
    EXPECT_EQ(status, http::StatusOf(outcome, kAnsweredDialect.traits));
    EXPECT_FALSE(absl::StrContains(AllText(status), "hidden"));
  }
  EXPECT_EQ(log_.TakeText(), "");
}

using LogUndecodableTest = AnswerTest;

TEST_F(LogUndecodableTest, ShowsNothingOfABodyThatBeginsAsJsonAndElseItsBeginning) {
  const struct {
    const char* name;
    std::string body;
    std::string shown;
  } kCases[] = {
      {"an object", R"({"name":"Zoe"})", "JSON of 14 bytes"},
      {"an array", R"(["Zoe"])", "JSON of 7 bytes"},
      {"an object that is cut", R"({"name":"Zoe)", "JSON of 12 bytes"},
      {"an object and a page", R"({"name":"Zoe"}<p>)", "JSON of 17 bytes"},
      {"spaces and an object", " \r\n\t{\"name\":\"Zoe\"}", "JSON of 18 bytes"},
      {"a byte order mark and an object", "\xEF\xBB\xBF{\"name\":\"Zoe\"}", "JSON of 17 bytes"},
      {"a mark, spaces and an array", "\xEF\xBB\xBF \n[\"Zoe\"]", "JSON of 12 bytes"},
      {"a page", "<html><h1>502 Bad Gateway</h1></html>", "<html><h1>502 Bad Gateway</h1></html>"},
      {"a text", "Service Unavailable", "Service Unavailable"},
      {"nothing", "", ""},
  };
  for (const auto& [name, body, shown] : kCases) {
    LogUndecodable({200, "", body}, "/a", absl::InvalidArgumentError("x: expects y"),
                   kAnsweredDialect, nullptr);
    const std::vector<nlohmann::json> lines = log_.Take();
    ASSERT_EQ(lines.size(), 1u) << name;
    EXPECT_EQ(lines[0].at("body"), shown) << name;
    EXPECT_FALSE(absl::StrContains(lines[0].dump(), "Zoe")) << name;
  }
}

TEST_F(LogUndecodableTest, SaysWhatWasAskedAndWhyItIsNotAnAnswer) {
  LogUndecodable({201, "", "{}"}, "/exams/119/student_sessions",
                 absl::InvalidArgumentError("student.id: expects a positive integer"),
                 kAnsweredDialect, record_.get());
  const std::vector<nlohmann::json> lines = log_.Take();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].at("event"), "upstream_bad_response");
  EXPECT_EQ(lines[0].at("level"), "warn");
  EXPECT_EQ(lines[0].at("request_id"), "order-7741");
  EXPECT_EQ(lines[0].at("upstream"), "upstream-a");
  EXPECT_EQ(lines[0].at("target"), "/exams/119/student_sessions");
  EXPECT_EQ(lines[0].at("http_status"), 201);
  EXPECT_EQ(lines[0].at("problem"), "student.id: expects a positive integer");
}

TEST_F(LogUndecodableTest, DoesNotShowTheQuery) {
  for (const char* target : {"/a/7?nonce=1&signature=f00d", "/a/7?", "/a/7?a=1?signature=f00d"}) {
    LogUndecodable({200, "", ""}, target, absl::InvalidArgumentError("x"), kAnsweredDialect,
                   nullptr);
    const std::vector<nlohmann::json> lines = log_.Take();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].at("target"), "/a/7");
    EXPECT_FALSE(absl::StrContains(lines[0].dump(), "f00d")) << target;
  }
}

class CallTest : public AnswerTest {
 protected:
  // Reads a number, and knows the statuses that it was asked to read.
  void Start(const CallContext& context = {}) {
    http::Request request;
    request.method = http::Method::kPost;
    request.target = "/a/7?signature=f00d";
    request.body = "{}";
    Call<int>(
        transport_, std::move(request), context, kAnsweredDialect,
        [this](const http::Response& response) -> absl::StatusOr<int> {
          decoded_.push_back(response.status);
          int number;
          if (absl::SimpleAtoi(response.body, &number)) return number;
          return absl::InvalidArgumentError("expects a number");
        },
        [this](absl::StatusOr<int> value) { told_.push_back(std::move(value)); });
  }

  std::vector<absl::StatusOr<int>> told_;  // first: told until the transport is gone
  std::vector<int> decoded_;
  testing::FakeTransport transport_;
};

TEST_F(CallTest, SendsTheRequestForWhoWaits) {
  std::stop_source cancel;
  Start({Instant::FromNanos(77), cancel.get_token(), record_});
  ASSERT_EQ(transport_.sent(), 1u);
  const http::Request& request = transport_.request(0);
  EXPECT_EQ(request.method, http::Method::kPost);
  EXPECT_EQ(request.target, "/a/7?signature=f00d");
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.deadline, Instant::FromNanos(77));
  EXPECT_EQ(request.record, record_);
  EXPECT_FALSE(request.one_shot);
  EXPECT_FALSE(request.cancel.stop_requested());
  cancel.request_stop();
  EXPECT_TRUE(request.cancel.stop_requested());
}

TEST_F(CallTest, TellsWhatIsReadInA2xx) {
  for (const int status : {200, 201, 204, 299}) {
    transport_.PrepareAnswer(Answered(status, "142"));
    Start();
    ASSERT_TRUE(told_.back().ok()) << status;
    EXPECT_EQ(*told_.back(), 142);
    EXPECT_EQ(decoded_.back(), status);
  }
  EXPECT_EQ(log_.TakeText(), "");
}

TEST_F(CallTest, A2xxThatCannotBeReadIsABadResponseAndLogged) {
  transport_.PrepareAnswer(Answered(201, "[\"hidden\"]"));
  Start({Instant::Never(), {}, record_});
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(CodeAndReason(told_[0].status()), "INTERNAL UPSTREAM_BAD_RESPONSE");
  EXPECT_EQ(Metadata(told_[0].status(), "http_status"), "201");
  EXPECT_EQ(Metadata(told_[0].status(), "upstream"), "upstream-a");
  const std::vector<nlohmann::json> lines = log_.Take();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].at("event"), "upstream_bad_response");
  EXPECT_EQ(lines[0].at("request_id"), "order-7741");
  EXPECT_EQ(lines[0].at("target"), "/a/7");
  EXPECT_EQ(lines[0].at("problem"), "expects a number");
  EXPECT_EQ(lines[0].at("body"), "JSON of 10 bytes");
}

TEST_F(CallTest, ARefusalIsToldAndNeverRead) {
  const http::Outcome kRefusals[] = {Answered(302, "142"), Answered(404, "142"),
                                     Answered(422, R"({"email":["x"]})"), Answered(503, "142"),
                                     Broken(ErrorKind::kTimeout)};
  for (const http::Outcome& outcome : kRefusals) {
    transport_.PrepareAnswer(outcome);
    Start();
    EXPECT_EQ(told_.back().status(), RefusalOf(outcome, kAnsweredDialect, nullptr));
  }
  EXPECT_EQ(told_.size(), std::size(kRefusals));
  EXPECT_TRUE(decoded_.empty());
}

TEST_F(CallTest, WhatTheTransportDropsIsToldOnce) {
  Start();
  EXPECT_TRUE(told_.empty());
  transport_.Drop(0);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(CodeAndReason(told_[0].status()), "CANCELLED CANCELLED");
}

TEST(LogUndecodable, ShowsNothingOfAJsonString) {
  testing::CapturedLog log;
  LogUndecodable({200, "", "\"Zoe Doe, Main Street 7\""}, "/a", absl::InvalidArgumentError("x"),
                 kAnsweredDialect, nullptr);
  EXPECT_EQ(log.Take().at(0).at("body"), "JSON of 24 bytes");
}
}  // namespace
}  // namespace gw::rest
