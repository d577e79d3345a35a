#include "service/http/upstream_status.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/failures.h"
#include "tests/support/fake_transport.h"

namespace gw::http {
namespace {

using testing::AllText;
using testing::Answered;
using testing::Broken;
using testing::CodeAndReason;
using testing::Metadata;

const UpstreamTraits kTraits{"concero", Reason::kUpstreamIpNotAllowed, "ask for the allowlist"};
constexpr std::optional<absl::Duration> kNoRetry;
constexpr std::optional<absl::Duration> kASecond = absl::Seconds(1);

TEST(UpstreamStatus, OfAStatusIsItsRowOfTheFailureTable) {
  const struct {
    int status;
    const char* means;
    std::optional<absl::Duration> retry;
  } kCases[] = {
      {100, "INTERNAL UPSTREAM_BAD_RESPONSE", kNoRetry},
      {199, "INTERNAL UPSTREAM_BAD_RESPONSE", kNoRetry},
      {300, "FAILED_PRECONDITION UPSTREAM_REDIRECTED", kNoRetry},
      {301, "FAILED_PRECONDITION UPSTREAM_REDIRECTED", kNoRetry},
      {302, "FAILED_PRECONDITION UPSTREAM_REDIRECTED", kNoRetry},
      {303, "FAILED_PRECONDITION UPSTREAM_REDIRECTED", kNoRetry},
      {307, "FAILED_PRECONDITION UPSTREAM_REDIRECTED", kNoRetry},
      {308, "FAILED_PRECONDITION UPSTREAM_REDIRECTED", kNoRetry},
      {399, "FAILED_PRECONDITION UPSTREAM_REDIRECTED", kNoRetry},
      {400, "INTERNAL UPSTREAM_BAD_REQUEST", kNoRetry},
      {401, "FAILED_PRECONDITION UPSTREAM_KEY_REJECTED", kNoRetry},
      {402, "INTERNAL UPSTREAM_BAD_REQUEST", kNoRetry},
      {403, "FAILED_PRECONDITION UPSTREAM_IP_NOT_ALLOWED", kNoRetry},
      {404, "NOT_FOUND UPSTREAM_NOT_FOUND", kNoRetry},
      {405, "INTERNAL UPSTREAM_BAD_REQUEST", kNoRetry},
      {408, "INTERNAL UPSTREAM_BAD_REQUEST", kNoRetry},
      {409, "INTERNAL UPSTREAM_BAD_REQUEST", kNoRetry},
      {421, "INTERNAL UPSTREAM_BAD_REQUEST", kNoRetry},
      {422, "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD", kNoRetry},
      {423, "INTERNAL UPSTREAM_BAD_REQUEST", kNoRetry},
      {429, "RESOURCE_EXHAUSTED UPSTREAM_RATE_LIMITED", kASecond},
      {499, "INTERNAL UPSTREAM_BAD_REQUEST", kNoRetry},
      {500, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
      {502, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
      {503, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
      {504, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
      {599, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
      {600, "INTERNAL UPSTREAM_BAD_RESPONSE", kNoRetry},
      {999, "INTERNAL UPSTREAM_BAD_RESPONSE", kNoRetry},
  };
  for (const auto& [code, means, retry] : kCases) {
    const absl::Status status =
        StatusOf(Answered(code, "hidden text", "Location: https://hidden\r\n"), kTraits);
    EXPECT_EQ(CodeAndReason(status), means) << code;
    EXPECT_EQ(GetFailure(status).retry_delay, retry) << code;
    EXPECT_EQ(Metadata(status, "upstream"), "concero") << code;
    EXPECT_EQ(Metadata(status, "http_status"), absl::StrCat(code));
    EXPECT_EQ(Metadata(status, "limit"), "(none)") << code;
    EXPECT_TRUE(GetFailure(status).violations.empty()) << code;
    EXPECT_FALSE(absl::StrContains(AllText(status), "hidden")) << status;
    EXPECT_NE(status.message(), "") << code;
  }
}

TEST(UpstreamStatus, OfEvery2xxIsOk) {
  for (int code = 200; code < 300; ++code) {
    EXPECT_TRUE(StatusOf(Answered(code, "no matter what"), kTraits).ok()) << code;
  }
}

TEST(UpstreamStatus, OfA403IsWhatTheUpstreamMeansByIt) {
  const UpstreamTraits other{"proctorexam", Reason::kUpstreamKeyRejected, "not authorized"};
  const absl::Status status = StatusOf(Answered(403), other);
  EXPECT_EQ(GetFailure(status).reason, Reason::kUpstreamKeyRejected);
  EXPECT_EQ(status.message(), "not authorized");
  EXPECT_EQ(Metadata(status, "upstream"), "proctorexam");
  EXPECT_EQ(StatusOf(Answered(403), kTraits).message(), "ask for the allowlist");
}

TEST(UpstreamStatus, OfATransportErrorIsItsRowOfTheFailureTable) {
  const struct {
    ErrorKind kind;
    const char* means;
    std::optional<absl::Duration> retry;
  } kCases[] = {
      {ErrorKind::kResolve, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
      {ErrorKind::kConnect, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
      {ErrorKind::kTls, "FAILED_PRECONDITION UPSTREAM_TLS_FAILED", kNoRetry},
      {ErrorKind::kAddressRefused, "FAILED_PRECONDITION EGRESS_REFUSED", kNoRetry},
      {ErrorKind::kProxyAuth, "FAILED_PRECONDITION EGRESS_REFUSED", kNoRetry},
      {ErrorKind::kProxyRefused, "FAILED_PRECONDITION EGRESS_REFUSED", kNoRetry},
      {ErrorKind::kConnectionLost, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
      {ErrorKind::kProtocol, "INTERNAL UPSTREAM_BAD_RESPONSE", kNoRetry},
      {ErrorKind::kTooLarge, "INTERNAL UPSTREAM_BAD_RESPONSE", kNoRetry},
      {ErrorKind::kTimeout, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
      {ErrorKind::kDeadline, "DEADLINE_EXCEEDED DEADLINE_EXCEEDED", kNoRetry},
      {ErrorKind::kCancelled, "CANCELLED CANCELLED", kNoRetry},
      {ErrorKind::kRefused, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
      {ErrorKind::kOverloaded, "RESOURCE_EXHAUSTED OVERLOADED", kASecond},
      {ErrorKind::kMemory, "RESOURCE_EXHAUSTED OVERLOADED", kASecond},
      {ErrorKind::kCircuitOpen, "UNAVAILABLE UPSTREAM_CIRCUIT_OPEN", kASecond},
      {ErrorKind::kShutdown, "UNAVAILABLE SHUTTING_DOWN", kNoRetry},
      {ErrorKind::kBadRequest, "INTERNAL UPSTREAM_BAD_REQUEST", kNoRetry},
      {ErrorKind::kInternal, "UNAVAILABLE UPSTREAM_UNAVAILABLE", kASecond},
  };
  for (const auto& [kind, means, retry] : kCases) {
    for (const Phase phase : {Phase::kNotConnected, Phase::kConnected, Phase::kPartlyWritten,
                              Phase::kWritten, Phase::kAnswering}) {
      const absl::Status status = StatusOf(Broken(kind, phase, "hidden.example"), kTraits);
      EXPECT_EQ(CodeAndReason(status), means) << ErrorKindName(kind);
      EXPECT_EQ(GetFailure(status).retry_delay, retry) << ErrorKindName(kind);
      EXPECT_EQ(Metadata(status, "upstream"), "concero") << ErrorKindName(kind);
      EXPECT_EQ(Metadata(status, "http_status"), "(none)") << ErrorKindName(kind);
      EXPECT_EQ(Metadata(status, "limit"), kind == ErrorKind::kOverloaded ? "concero.max_queued"
                                           : kind == ErrorKind::kMemory   ? "memory"
                                                                          : "(none)");
      EXPECT_FALSE(absl::StrContains(AllText(status), "hidden")) << status;
    }
  }
}

TEST(UpstreamStatus, OfAWayOutThatIsNotPermittedNamesTheKeyToLookAt) {
  const struct {
    ErrorKind kind;
    const char* key;
  } kCases[] = {{ErrorKind::kAddressRefused, "egress.allow_private"},
                {ErrorKind::kProxyAuth, "egress.proxy_credentials_file"},
                {ErrorKind::kProxyRefused, "egress.proxy and"}};
  for (const auto& [kind, key] : kCases) {
    const absl::Status status = StatusOf(Broken(kind, Phase::kNotConnected), kTraits);
    EXPECT_TRUE(absl::StrContains(status.message(), key)) << status;
  }
}

TEST(UpstreamStatus, OfABadResponseIsInternal) {
  const absl::Status status = BadResponse(kTraits, 201);
  EXPECT_EQ(CodeAndReason(status), "INTERNAL UPSTREAM_BAD_RESPONSE");
  EXPECT_EQ(Metadata(status, "upstream"), "concero");
  EXPECT_EQ(Metadata(status, "http_status"), "201");
  EXPECT_EQ(GetFailure(status).retry_delay, std::nullopt);
}

TEST(MayHaveBeenExecuted, IsFalseOfAStatusByWhichItWasRefusedAndTrueOfEveryOther) {
  const struct {
    int from, to;
    bool maybe;
  } kCases[] = {
      {100, 199, true},   // not an answer
      {300, 300, true},   // redirects that may follow what was executed
      {301, 301, false},  // redirects of the request as it is
      {302, 306, true},  {307, 308, false}, {309, 399, true}, {400, 407, false},  // refused
      {408, 408, true},                                        // waited too long, for whatever
      {409, 499, false}, {500, 599, true},  {600, 999, true},  // not an answer
      {0, 0, true},
  };
  for (const auto& [from, to, maybe] : kCases) {
    for (int status = from; status <= to; ++status) {
      EXPECT_EQ(MayHaveBeenExecuted(Answered(status, "no matter what")), maybe) << status;
    }
  }
}

TEST(MayHaveBeenExecuted, IsTrueOfATransportErrorFromTheFirstByteOn) {
  const struct {
    Phase phase;
    bool maybe;
  } kCases[] = {
      {Phase::kNotConnected, false}, {Phase::kConnected, false}, {Phase::kPartlyWritten, true},
      {Phase::kWritten, true},       {Phase::kAnswering, true},
  };
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInternal); ++kind) {
    for (const auto& [phase, maybe] : kCases) {
      EXPECT_EQ(MayHaveBeenExecuted(Broken(static_cast<ErrorKind>(kind), phase)), maybe)
          << ErrorKindName(static_cast<ErrorKind>(kind)) << " in phase " << static_cast<int>(phase);
    }
  }
}

TEST(OutcomeUnknown, SaysWhetherAnAnswerCameAndNeverToRepeat) {
  const struct {
    int http_status;
    const char* told;
  } kCases[] = {{0, "(none)"}, {201, "201"}, {503, "503"}};
  for (const auto& [http_status, told] : kCases) {
    const absl::Status status = OutcomeUnknown(kTraits, http_status);
    EXPECT_EQ(CodeAndReason(status), "UNKNOWN UPSTREAM_OUTCOME_UNKNOWN");
    EXPECT_EQ(Metadata(status, "upstream"), "concero");
    EXPECT_EQ(Metadata(status, "http_status"), told);
    EXPECT_EQ(GetFailure(status).retry_delay, std::nullopt);
    EXPECT_TRUE(absl::StrContains(status.message(), "concero"));
  }
}

TEST(NotConfigured, IsUnimplementedAndNamesTheUpstream) {
  const absl::Status status = NotConfigured({"upstream-b", Reason::kUpstreamBadRequest, ""});
  EXPECT_EQ(CodeAndReason(status), "UNIMPLEMENTED UPSTREAM_NOT_CONFIGURED");
  EXPECT_EQ(Metadata(status, "upstream"), "upstream-b");
  EXPECT_EQ(Metadata(status, "http_status"), "(none)");
  EXPECT_EQ(GetFailure(status).retry_delay, std::nullopt);
  EXPECT_TRUE(absl::StrContains(status.message(), "upstream-b"));
}

TEST(RetryDelay, IsWhatTheUpstreamAsksForAndElseASecond) {
  for (const int status : {429, 500, 503}) {
    EXPECT_EQ(GetFailure(StatusOf(Answered(status), kTraits)).retry_delay, absl::Seconds(1));
    Outcome outcome = Answered(status);
    std::get<Response>(outcome).retry_after = absl::Seconds(7);
    EXPECT_EQ(GetFailure(StatusOf(outcome, kTraits)).retry_delay, absl::Seconds(7)) << status;
  }
  Outcome refused = Broken(ErrorKind::kCircuitOpen, Phase::kNotConnected);
  EXPECT_EQ(GetFailure(StatusOf(refused, kTraits)).retry_delay, absl::Seconds(1));
  std::get<TransportError>(refused).retry_after = absl::Milliseconds(4700);
  EXPECT_EQ(GetFailure(StatusOf(refused, kTraits)).retry_delay, absl::Milliseconds(4700));
}

TEST(StoppedBecause, IsToldWithTheFailureAndOnlyThere) {
  Outcome answered = Answered(503), broken = Broken(ErrorKind::kConnect), good = Answered(200);
  for (Outcome* outcome : {&answered, &broken, &good}) {
    EXPECT_EQ(Metadata(StatusOf(*outcome, kTraits), "stopped_because"), "(none)");
    std::visit([](auto& either) { either.stopped_because = "budget"; }, *outcome);
  }
  EXPECT_EQ(Metadata(StatusOf(answered, kTraits), "stopped_because"), "budget");
  EXPECT_EQ(Metadata(StatusOf(broken, kTraits), "stopped_because"), "budget");
  EXPECT_TRUE(StatusOf(good, kTraits).ok());
}

}  // namespace
}  // namespace gw::http
