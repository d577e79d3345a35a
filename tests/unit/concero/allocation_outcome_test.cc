#include "service/concero/allocation_outcome.h"

#include <gtest/gtest.h>

#include <string>
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
using testing::Metadata;

constexpr char kInDoubt[] = "IN_DOUBT UNKNOWN ALLOCATION_IN_DOUBT";
constexpr char kFailed[] = "FAILED INTERNAL UPSTREAM_ALLOCATION_FAILED";
constexpr char kSucceeded[] = "SUCCEEDED OK";

std::string Judged(const AllocationOutcome& outcome) {
  const char* verdict = "?";
  switch (outcome.verdict) {
    case AllocationVerdict::kSucceeded:
      verdict = "SUCCEEDED ";
      break;
    case AllocationVerdict::kNotExecuted:
      verdict = "NOT_EXECUTED ";
      break;
    case AllocationVerdict::kFailed:
      verdict = "FAILED ";
      break;
    case AllocationVerdict::kInDoubt:
      verdict = "IN_DOUBT ";
      break;
  }
  return verdict + CodeAndReason(outcome.status);
}

AllocationAsked Asked(bool distrust = false) { return {119, "arjun.mehta@company.io", distrust}; }

// What a body makes of a status that leaves it to the body.
enum class Says { kDone, kNotDone, kNothing };

struct OutcomeCase {
  const char* name;
  std::string body;
  Says says;
  bool stands_for_others = false;
};

std::vector<OutcomeCase> Bodies() {
  const std::string done = kDocumentedAllocation;
  const std::string failed = kDocumentedAllocationFailure;
  return {
      {"documented success", done, Says::kDone, true},
      {"success, the address in capitals",
       Replaced(done, "arjun.mehta@company.io", "Arjun.Mehta@Company.IO"), Says::kDone},
      {"success without a link", Replaced(done, "\"invite_link\"", "\"x\""), Says::kDone},
      {"envelope", failed, Says::kNotDone, true},
      {"envelope of the application", R"({"success":false,"message":"SQLSTATE no"})",
       Says::kNotDone},
      {"envelope with the address",
       R"({"success":false,"message":"arjun.mehta@company.io","data":{"invite_id":142}})",
       Says::kNotDone},
      {"HTML", "<html><body>SQLSTATE Whoops arjun.mehta@company.io</body></html>", Says::kNothing,
       true},
      {"empty", "", Says::kNothing, true},
      {"text", "SQLSTATE Service Unavailable", Says::kNothing},
      {"success cut", done.substr(0, done.size() - 3), Says::kNothing},
      {"envelope cut", failed.substr(0, failed.size() - 3), Says::kNothing},
      {"success twice", done + done, Says::kNothing},
      {"echo of another candidate",
       Replaced(done, "arjun.mehta@company.io", "someone.else@company.io"), Says::kNothing, true},
      {"echo of no candidate", Replaced(done, "\"candidate_email\"", "\"x\""), Says::kNothing},
      {"echo of another examination", Replaced(done, "119", "120"), Says::kNothing},
      {"echo of no examination", Replaced(done, "\"examination_id\"", "\"x\""), Says::kNothing},
      {"no invite id", Replaced(done, "\"invite_id\"", "\"x\""), Says::kNothing},
      {"success true and no data", R"({"success":true,"message":"SQLSTATE"})", Says::kNothing},
      {"success false and no message", R"({"success":false})", Says::kNothing},
      {"success false as a string", R"({"success":"false","message":"SQLSTATE"})", Says::kNothing},
      {"a list", "[]", Says::kNothing},
      {"null", "null", Says::kNothing},
      {"the framework's error", R"({"message":"Server Error"})", Says::kNothing},
  };
}

// What a status means: when the body is the documented success about what was asked, when it is
// the documented failure, and when it is anything else. From DESIGN, "Allocation".
struct Row {
  int first, last;
  const char *done, *not_done, *nothing;
};

constexpr char kRedirected[] = "NOT_EXECUTED FAILED_PRECONDITION UPSTREAM_REDIRECTED";
constexpr char kKeyRejected[] = "NOT_EXECUTED FAILED_PRECONDITION UPSTREAM_KEY_REJECTED";
constexpr char kIpNotAllowed[] = "NOT_EXECUTED FAILED_PRECONDITION UPSTREAM_IP_NOT_ALLOWED";
constexpr char kNotFound[] = "NOT_EXECUTED NOT_FOUND UPSTREAM_NOT_FOUND";
constexpr char kFieldRejected[] = "NOT_EXECUTED INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD";
constexpr char kRateLimited[] = "NOT_EXECUTED RESOURCE_EXHAUSTED UPSTREAM_RATE_LIMITED";
constexpr char kBadRequest[] = "FAILED INTERNAL UPSTREAM_BAD_REQUEST";

const Row kRows[] = {
    {100, 199, kInDoubt, kInDoubt, kInDoubt},
    {200, 299, kSucceeded, kFailed, kInDoubt},
    {300, 300, kInDoubt, kInDoubt, kInDoubt},
    {301, 301, kRedirected, kRedirected, kRedirected},
    // As a browser would: the form was taken, look there for what it did.
    {302, 306, kInDoubt, kInDoubt, kInDoubt},
    {307, 308, kRedirected, kRedirected, kRedirected},
    {309, 399, kInDoubt, kInDoubt, kInDoubt},
    {400, 400, kBadRequest, kBadRequest, kBadRequest},
    {401, 401, kKeyRejected, kKeyRejected, kKeyRejected},
    {402, 402, kBadRequest, kBadRequest, kBadRequest},
    {403, 403, kIpNotAllowed, kIpNotAllowed, kIpNotAllowed},
    {404, 404, kNotFound, kNotFound, kNotFound},
    {405, 407, kBadRequest, kBadRequest, kBadRequest},
    // A proxy's, that gave up on the way.
    {408, 408, kInDoubt, kInDoubt, kInDoubt},
    {409, 421, kBadRequest, kBadRequest, kBadRequest},
    {422, 422, kFieldRejected, kFieldRejected, kFieldRejected},
    {423, 428, kBadRequest, kBadRequest, kBadRequest},
    {429, 429, kRateLimited, kRateLimited, kRateLimited},
    {430, 499, kBadRequest, kBadRequest, kBadRequest},
    {500, 599, kInDoubt, kFailed, kInDoubt},
    {600, 999, kInDoubt, kInDoubt, kInDoubt},
};

std::string Expected(const Row& row, Says says, bool distrust) {
  const char* expected = says == Says::kDone      ? row.done
                         : says == Says::kNotDone ? row.not_done
                                                  : row.nothing;
  return distrust && expected == kFailed ? kInDoubt : expected;
}

class AllocationOutcomeTest : public ::testing::Test {
 protected:
  // Every case writes a line of warning; what is in it has tests of its own.
  static void SetUpTestSuite() { observe::SetLogLevel(observe::LogLevel::kError); }
  static void TearDownTestSuite() { observe::SetLogLevel(observe::LogLevel::kInfo); }
};

// Every status with what a body may say; every body with the statuses that leave it to the body or
// are the first or the last of their row.
TEST_F(AllocationOutcomeTest, IsJudgedByStatusAndBody) {
  int next = 100;
  const std::vector<OutcomeCase> bodies = Bodies();
  for (const Row& row : kRows) {
    ASSERT_EQ(row.first, next) << "a row is missing, or there twice";
    next = row.last + 1;
    for (int status = row.first; status <= row.last; ++status) {
      const bool every_body = status == row.first || status == row.last || status == 201;
      for (const OutcomeCase& c : bodies) {
        if (!every_body && !c.stands_for_others) continue;
        for (const bool distrust : {false, true}) {
          const AllocationOutcome outcome =
              JudgeAllocation(Answered(status, c.body), Asked(distrust));
          EXPECT_EQ(Judged(outcome), Expected(row, c.says, distrust))
              << status << ", " << c.name << (distrust ? ", envelope in doubt" : "");
          EXPECT_EQ(outcome.status.ok(), outcome.verdict == AllocationVerdict::kSucceeded);
        }
      }
    }
  }
  EXPECT_EQ(next, 1000);
}

TEST_F(AllocationOutcomeTest, TellsNothingOfABodyOrAnAddress) {
  for (const int status : {200, 201, 302, 307, 400, 401, 403, 404, 408, 422, 429, 500, 503}) {
    for (const OutcomeCase& c : Bodies()) {
      const absl::Status answer = JudgeAllocation(Answered(status, c.body), Asked()).status;
      for (const char* text : {"arjun", "Arjun", "company", "SQLSTATE", "someone", "html", "Whoops",
                               "consero", "142"}) {
        EXPECT_FALSE(absl::StrContains(AllText(answer), text)) << status << ", " << c.name;
      }
      if (answer.ok()) continue;
      EXPECT_EQ(Metadata(answer, "upstream"), "concero") << status << ", " << c.name;
      EXPECT_EQ(Metadata(answer, "http_status"), std::to_string(status)) << c.name;
    }
  }
}

TEST_F(AllocationOutcomeTest, HasTheAnswerWhenItSucceeded) {
  const AllocationOutcome outcome = JudgeAllocation(Answered(201, kDocumentedAllocation), Asked());
  ASSERT_EQ(Judged(outcome), kSucceeded);
  EXPECT_EQ(outcome.answer.invite_id, 142);
  EXPECT_EQ(outcome.answer.examination_id, 119);
  EXPECT_EQ(outcome.answer.candidate_email, "arjun.mehta@company.io");
  EXPECT_EQ(outcome.answer.invite_link,
            "https://beta-consero.ipixsolutions.net/exam/start/A3bk...");
}

TEST_F(AllocationOutcomeTest, OfARefusedFieldNamesIt) {
  const AllocationOutcome outcome = JudgeAllocation(
      Answered(422, R"({"message":"SQLSTATE","errors":{"candidate_email":["Not arjun"]}})"),
      Asked());
  EXPECT_EQ(Judged(outcome), "NOT_EXECUTED INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD");
  EXPECT_EQ(GetFailure(outcome.status).violations,
            (std::vector<FieldViolation>{{"candidate_email", "refused by the upstream"}}));
  EXPECT_EQ(Judged(JudgeAllocation(
                Answered(422, R"({"candidate_email":["has already been taken"]})"), Asked())),
            "NOT_EXECUTED ALREADY_EXISTS UPSTREAM_REJECTED_FIELD");
}

struct Kind {
  ErrorKind kind;
  const char* unsent;  // what it is when nothing was sent
};

const Kind kKinds[] = {
    {ErrorKind::kResolve, "UNAVAILABLE UPSTREAM_UNAVAILABLE"},
    {ErrorKind::kConnect, "UNAVAILABLE UPSTREAM_UNAVAILABLE"},
    {ErrorKind::kTls, "FAILED_PRECONDITION UPSTREAM_TLS_FAILED"},
    {ErrorKind::kAddressRefused, "FAILED_PRECONDITION EGRESS_REFUSED"},
    {ErrorKind::kProxyAuth, "FAILED_PRECONDITION EGRESS_REFUSED"},
    {ErrorKind::kProxyRefused, "FAILED_PRECONDITION EGRESS_REFUSED"},
    {ErrorKind::kConnectionLost, "UNAVAILABLE UPSTREAM_UNAVAILABLE"},
    {ErrorKind::kProtocol, "INTERNAL UPSTREAM_BAD_RESPONSE"},
    {ErrorKind::kTooLarge, "INTERNAL UPSTREAM_BAD_RESPONSE"},
    {ErrorKind::kTimeout, "UNAVAILABLE UPSTREAM_UNAVAILABLE"},
    {ErrorKind::kDeadline, "DEADLINE_EXCEEDED DEADLINE_EXCEEDED"},
    {ErrorKind::kCancelled, "CANCELLED CANCELLED"},
    {ErrorKind::kRefused, "UNAVAILABLE UPSTREAM_UNAVAILABLE"},
    {ErrorKind::kOverloaded, "RESOURCE_EXHAUSTED OVERLOADED"},
    {ErrorKind::kShutdown, "UNAVAILABLE SHUTTING_DOWN"},
    {ErrorKind::kBadRequest, "INTERNAL UPSTREAM_BAD_REQUEST"},
    {ErrorKind::kInternal, "UNAVAILABLE UPSTREAM_UNAVAILABLE"},
};

TEST_F(AllocationOutcomeTest, IsNotExecutedWhenNothingWasSent) {
  for (const Kind& kind : kKinds) {
    for (const Phase phase : {Phase::kNotConnected, Phase::kConnected}) {
      for (const bool distrust : {false, true}) {
        EXPECT_EQ(Judged(JudgeAllocation(Broken(kind.kind, phase), Asked(distrust))),
                  std::string("NOT_EXECUTED ") + kind.unsent)
            << http::ErrorKindName(kind.kind);
      }
    }
  }
}

TEST_F(AllocationOutcomeTest, IsInDoubtAsSoonAsAByteMayHaveLeft) {
  for (const Kind& kind : kKinds) {
    for (const Phase phase : {Phase::kPartlyWritten, Phase::kWritten, Phase::kAnswering}) {
      for (const bool distrust : {false, true}) {
        const AllocationOutcome outcome =
            JudgeAllocation(Broken(kind.kind, phase, "at hidden.example"), Asked(distrust));
        EXPECT_EQ(Judged(outcome), kInDoubt) << http::ErrorKindName(kind.kind);
        EXPECT_FALSE(absl::StrContains(AllText(outcome.status), "hidden"));
        EXPECT_EQ(Metadata(outcome.status, "http_status"), "(none)");
      }
    }
  }
}

TEST_F(AllocationOutcomeTest, InDoubtInvitesNobodyToRetry) {
  for (const auto& outcome : {JudgeAllocation(Answered(503), Asked()),
                              JudgeAllocation(Broken(ErrorKind::kTimeout), Asked())}) {
    EXPECT_EQ(Judged(outcome), kInDoubt);
    EXPECT_EQ(GetFailure(outcome.status).retry_delay, std::nullopt);
  }
}

TEST_F(AllocationOutcomeTest, OfAnAbandonedRequestIsInDoubt) {
  EXPECT_EQ(Judged(JudgeAllocation(AbandonedValue<http::Outcome>::Get(), Asked())), kInDoubt);
}

}  // namespace
}  // namespace gw::concero
