#include "service/rest/one_shot_call.h"

#include <gtest/gtest.h>

#include <deque>
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

constexpr char kUnknown[] = "UNKNOWN UPSTREAM_OUTCOME_UNKNOWN";

absl::string_view OnlyEmail(absl::string_view theirs) { return theirs == "email" ? theirs : ""; }

const Dialect kEmailDialect{{"upstream-a", Reason::kUpstreamNotAuthorized, "ask for access"},
                            &OnlyEmail};

// Reads a number.
absl::StatusOr<int> Decode(const http::Response& response) {
  int number;
  if (absl::SimpleAtoi(response.body, &number)) return number;
  return absl::InvalidArgumentError("expects a number");
}

struct OneShotCase {
  std::string name;
  http::Outcome outcome;
  std::string means;
};

std::vector<OneShotCase> Cases() {
  std::vector<OneShotCase> cases = {
      {"a 200 that can be read", Answered(200, "142"), "OK"},
      {"a 201 that can be read", Answered(201, "142"), "OK"},
      {"a 200 that cannot", Answered(200, R"({"hidden":1})"), kUnknown},
      {"an empty 204", Answered(204), kUnknown},
      {"a 202 with a page", Answered(202, "<p>hidden</p>"), kUnknown},
      {"a taken value", Answered(422, R"({"email":["hidden has already been taken"]})"),
       "ALREADY_EXISTS UPSTREAM_REJECTED_FIELD"},
  };
  const struct {
    int status;
    const char* means;
  } kRefusals[] = {
      {300, kUnknown},
      {301, "FAILED_PRECONDITION UPSTREAM_REDIRECTED"},
      {302, kUnknown},
      {303, kUnknown},
      {304, kUnknown},
      {307, "FAILED_PRECONDITION UPSTREAM_REDIRECTED"},
      {308, "FAILED_PRECONDITION UPSTREAM_REDIRECTED"},
      {400, "INTERNAL UPSTREAM_BAD_REQUEST"},
      {401, "FAILED_PRECONDITION UPSTREAM_KEY_REJECTED"},
      {403, "FAILED_PRECONDITION UPSTREAM_NOT_AUTHORIZED"},
      {404, "NOT_FOUND UPSTREAM_NOT_FOUND"},
      {408, kUnknown},
      {409, "INTERNAL UPSTREAM_BAD_REQUEST"},
      {422, "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD"},
      {429, "RESOURCE_EXHAUSTED UPSTREAM_RATE_LIMITED"},
      {499, "INTERNAL UPSTREAM_BAD_REQUEST"},
      {500, kUnknown},
      {502, kUnknown},
      {503, kUnknown},
      {504, kUnknown},
      {100, kUnknown},
      {600, kUnknown},
  };
  for (const auto& [status, means] : kRefusals) {
    // A number: refusals are not read.
    cases.push_back({absl::StrCat(status), Answered(status, "142"), means});
  }
  const struct {
    ErrorKind kind;
    const char* unsent;  // what it means when nothing was sent
  } kErrors[] = {
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
  const struct {
    Phase phase;
    bool sent;
  } kPhases[] = {{Phase::kNotConnected, false},
                 {Phase::kConnected, false},
                 {Phase::kPartlyWritten, true},
                 {Phase::kWritten, true},
                 {Phase::kAnswering, true}};
  for (const auto& [kind, unsent] : kErrors) {
    for (const auto& [phase, sent] : kPhases) {
      cases.push_back({absl::StrCat(http::ErrorKindName(kind), sent ? ", sent" : ", not sent"),
                       Broken(kind, phase, "hidden.example"), sent ? kUnknown : unsent});
    }
  }
  return cases;
}

void ExpectMeans(const absl::StatusOr<int>& told, const OneShotCase& c) {
  EXPECT_EQ(CodeAndReason(told.status()), c.means) << c.name;
  if (told.ok()) {
    EXPECT_EQ(*told, 142) << c.name;
    return;
  }
  const auto* response = std::get_if<http::Response>(&c.outcome);
  EXPECT_EQ(Metadata(told.status(), "http_status"),
            response == nullptr ? "(none)" : absl::StrCat(response->status))
      << c.name;
  EXPECT_EQ(Metadata(told.status(), "upstream"), "upstream-a") << c.name;
  EXPECT_FALSE(absl::StrContains(AllText(told.status()), "hidden")) << told.status();
  if (c.means == kUnknown) {
    EXPECT_EQ(GetFailure(told.status()).retry_delay, std::nullopt) << "nobody should repeat it";
  }
}

TEST(JudgeOneShot, LeavesOpenWhateverTheUpstreamMayHaveExecuted) {
  const CapturedLog quiet;
  for (const OneShotCase& c : Cases()) {
    ExpectMeans(JudgeOneShot<int>(c.outcome, "/a", kEmailDialect, &Decode, nullptr), c);
  }
}

TEST(JudgeOneShot, LogsWhyA2xxCouldNotBeRead) {
  CapturedLog log;
  (void)JudgeOneShot<int>(Answered(201, R"(["Zoe"])"), "/a?signature=f00d", kEmailDialect, &Decode,
                          nullptr);
  const std::vector<nlohmann::json> lines = log.Take();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].at("event"), "upstream_bad_response");
  EXPECT_EQ(lines[0].at("target"), "/a");
  EXPECT_EQ(lines[0].at("problem"), "expects a number");
  EXPECT_EQ(lines[0].at("body"), "JSON of 7 bytes");
}

TEST(JudgeOneShot, LogsARefusalAlsoWhenTheOutcomeIsOpen) {
  CapturedLog log;
  for (const int status : {404, 503}) {
    (void)JudgeOneShot<int>(Answered(status, "down"), "/a", kEmailDialect, &Decode, nullptr);
    const std::vector<nlohmann::json> lines = log.Take();
    ASSERT_EQ(lines.size(), 1u) << status;
    EXPECT_EQ(lines[0].at("event"), "upstream_refused") << status;
    EXPECT_EQ(lines[0].at("http_status"), status);
  }
}

class CallOnceTest : public ::testing::Test {
 protected:
  using Told = std::vector<absl::StatusOr<int>>;

  Told& Start(absl::Duration time_left = absl::InfiniteDuration(),
              const std::stop_token& cancel = {}) {
    Told& told = told_.emplace_back();
    http::Request request;
    request.method = http::Method::kPost;
    request.target = "/student_sessions";
    request.body = "{}";
    CallOnce<int>(sender_, std::move(request), {clock_.Now() + time_left, cancel, record_},
                  kEmailDialect, &Decode,
                  [&told](absl::StatusOr<int> value) { told.push_back(std::move(value)); });
    return told;
  }

  std::deque<Told> told_;  // first: told until the last of the others is gone
  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  testing::FakeRandom random_;
  const observe::KeyedHash hash_{Secret("a-key")};
  const observe::CallRecordPtr record_ =
      std::make_shared<observe::CallRecord>("order-7741", std::nullopt, hash_, clock_, random_);
  testing::FakeTransport transport_;
  http::OneShotSender sender_{transport_, timer_, clock_, {}};
  CapturedLog log_;
};

TEST_F(CallOnceTest, SendsAOneShotInTheNameOfTheCall) {
  Start();
  ASSERT_EQ(transport_.sent(), 1u);
  const http::Request& request = transport_.request(0);
  EXPECT_TRUE(request.one_shot);
  EXPECT_EQ(request.method, http::Method::kPost);
  EXPECT_EQ(request.target, "/student_sessions");
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.record, record_);
}

TEST_F(CallOnceTest, TellsOnceWhatTheOutcomeMeans) {
  for (const OneShotCase& c : Cases()) {
    const size_t n = transport_.sent();
    const Told& told = Start(absl::Seconds(30));
    EXPECT_TRUE(transport_.request(n).before_send());
    transport_.Answer(n, c.outcome);
    ASSERT_EQ(told.size(), 1u) << c.name;
    ExpectMeans(told[0], c);
  }
  timer_.Advance(absl::Minutes(1));
  for (const Told& told : told_) EXPECT_EQ(told.size(), 1u);
  EXPECT_FALSE(absl::StrContains(log_.TakeText(), "late_outcome")) << "nobody stopped waiting";
}

TEST_F(CallOnceTest, WhoStopsWaitingBeforeItLeftIsToldThatNothingWasSent) {
  std::stop_source cancel;
  const Told& by_deadline = Start(absl::Seconds(3));
  const Told& by_cancel = Start(absl::Seconds(30), cancel.get_token());
  const Told& at_once = Start(absl::Milliseconds(999));
  timer_.Advance(absl::Seconds(3));
  cancel.request_stop();
  ASSERT_EQ(by_deadline.size(), 1u);
  ASSERT_EQ(by_cancel.size(), 1u);
  ASSERT_EQ(at_once.size(), 1u);
  EXPECT_EQ(CodeAndReason(by_deadline[0].status()), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  EXPECT_EQ(CodeAndReason(by_cancel[0].status()), "CANCELLED CANCELLED");
  EXPECT_EQ(CodeAndReason(at_once[0].status()), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  EXPECT_EQ(transport_.sent(), 2u);
  for (size_t n = 0; n < 2; ++n) {
    EXPECT_FALSE(transport_.request(n).before_send());
    transport_.Answer(n, Broken(ErrorKind::kCancelled, Phase::kNotConnected));
  }
  EXPECT_EQ(log_.TakeText(), "") << "it did not leave, so it did not end late";
}

TEST_F(CallOnceTest, HowItEndedIsLoggedForWhoStoppedWaitingAfterItLeft) {
  const struct {
    const char* name;
    http::Outcome outcome;
    const char* ended;
    const char* line_before;  // that says why
  } kCases[] = {
      {"done", Answered(201, "142"), "SUCCEEDED", nullptr},
      {"refused", Answered(422, R"({"email":["x"]})"), "UPSTREAM_REJECTED_FIELD",
       "upstream_refused"},
      {"not found", Answered(404), "UPSTREAM_NOT_FOUND", "upstream_refused"},
      {"not readable", Answered(201, "{}"), "UPSTREAM_OUTCOME_UNKNOWN", "upstream_bad_response"},
      {"failed", Answered(503), "UPSTREAM_OUTCOME_UNKNOWN", "upstream_refused"},
      {"timed out", Broken(ErrorKind::kTimeout), "UPSTREAM_OUTCOME_UNKNOWN", nullptr},
      {"lost unsent", Broken(ErrorKind::kConnectionLost, Phase::kConnected), "UPSTREAM_UNAVAILABLE",
       nullptr},
  };
  for (const auto& c : kCases) {
    for (const bool by_cancel : {false, true}) {
      const size_t n = transport_.sent();
      std::stop_source cancel;
      const Told& told = Start(absl::Seconds(3), cancel.get_token());
      EXPECT_TRUE(transport_.request(n).before_send());
      if (by_cancel) {
        cancel.request_stop();
      } else {
        timer_.Advance(absl::Seconds(3));
      }
      ASSERT_EQ(told.size(), 1u) << c.name;
      EXPECT_EQ(CodeAndReason(told[0].status()), kUnknown) << c.name;
      EXPECT_EQ(Metadata(told[0].status(), "http_status"), "(none)") << c.name;
      EXPECT_EQ(log_.TakeText(), "") << "it has not ended yet";

      transport_.Answer(n, c.outcome);
      EXPECT_EQ(told.size(), 1u) << c.name;
      const std::vector<nlohmann::json> lines = log_.Take();
      ASSERT_EQ(lines.size(), c.line_before == nullptr ? 1u : 2u) << c.name;
      if (c.line_before != nullptr) {
        EXPECT_EQ(lines[0].at("event"), c.line_before) << c.name;
      }
      EXPECT_EQ(lines.back().at("event"), "late_outcome") << c.name;
      EXPECT_EQ(lines.back().at("level"), "warn") << c.name;
      EXPECT_EQ(lines.back().at("request_id"), "order-7741") << c.name;
      EXPECT_EQ(lines.back().at("upstream"), "upstream-a") << c.name;
      EXPECT_EQ(lines.back().at("target"), "/student_sessions") << c.name;
      EXPECT_EQ(lines.back().at("outcome"), c.ended) << c.name;
    }
  }
}

TEST_F(CallOnceTest, WhatTheTransportDropsIsToldOnceAsOpen) {
  const Told& told = Start();
  transport_.Drop(0);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(CodeAndReason(told[0].status()), kUnknown);
}

}  // namespace
}  // namespace gw::rest
