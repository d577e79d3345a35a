#include "client/command/exit_code.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_cat.h"
#include "client/command/request_id.h"
#include "concero_gateway/failure.h"

namespace concero::command {

using gateway::v1::Reason;

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kOk;
  if (IsInDoubt(status)) return kInDoubt;
  switch (ReasonOf(status)) {
    case Reason::REASON_ALLOCATION_ABANDONED:
    case Reason::REASON_ALLOCATION_NOT_IN_DOUBT:
      return kRefused;
    default:
      break;
  }
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kOutOfRange:
      return kRefused;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kNotAllowed;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
      return kUnavailable;
    case absl::StatusCode::kCancelled:
      return kInterrupted;
    default:
      return kFailed;
  }
}

ExitCode Worse(ExitCode one, ExitCode other) {
  constexpr std::array kWorstFirst = {kInterrupted, kInDoubt,     kNotAllowed, kUsage,
                                      kFailed,      kUnavailable, kRefused,    kOk};
  const auto rank = [&](ExitCode code) {
    return std::find(kWorstFirst.begin(), kWorstFirst.end(), code);
  };
  return rank(one) < rank(other) ? one : other;
}

std::string Describe(const absl::Status& status) {
  const std::string reason = ReasonName(ReasonOf(status));
  return absl::StrCat(absl::StatusCodeToString(status.code()),
                      reason.empty() ? "" : absl::StrCat(" (", reason, ")"), ": ",
                      status.message());
}

std::vector<std::string> AdviceFor(const absl::Status& status) {
  std::vector<std::string> advice;
  for (const FieldViolation& violation : FieldViolationsOf(status)) {
    advice.push_back(absl::StrCat(violation.field, " ", violation.description));
  }
  const std::string request_id = RequestIdOf(status);
  switch (ReasonOf(status)) {
    case Reason::REASON_ALLOCATION_IN_DOUBT:
      advice.emplace_back("look in Concero's portal whether the candidate was invited, then");
      advice.push_back(absl::StrCat("  concero allocations resolve ", request_id,
                                    " --confirm INVITE_ID | --abandon | --resend"));
      break;
    case Reason::REASON_ALLOCATION_IN_PROGRESS:
      advice.push_back(
          absl::StrCat("it goes on; see what became of it: concero allocations get ", request_id));
      break;
    case Reason::REASON_CALLER_NOT_ALLOWED:
      advice.emplace_back("ask the gateway's operator for a rule that allows it");
      break;
    case Reason::REASON_UPSTREAM_KEY_REJECTED:
    case Reason::REASON_UPSTREAM_IP_NOT_ALLOWED:
    case Reason::REASON_UPSTREAM_NOT_AUTHORIZED:
    case Reason::REASON_UPSTREAM_TLS_FAILED:
    case Reason::REASON_UPSTREAM_REDIRECTED:
    case Reason::REASON_EGRESS_REFUSED:
      advice.emplace_back("an operator must look at the gateway: concero preflight");
      break;
    default:
      if (request_id.empty()) break;
      if (IsSafeToRetry(status)) {
        advice.push_back(absl::StrCat(
            "nobody is invited twice if it is repeated with --request-id ", request_id));
      } else if (const ExitCode code = ExitCodeOf(status);
                 code != kRefused && code != kNotAllowed) {
        advice.push_back(
            absl::StrCat("see what became of it: concero allocations get ", request_id));
      }
      break;
  }
  if (const std::optional<absl::Duration> delay = RetryDelayOf(status)) {
    advice.push_back(absl::StrCat("try again in ", absl::FormatDuration(*delay)));
  }
  return advice;
}

}  // namespace concero::command
