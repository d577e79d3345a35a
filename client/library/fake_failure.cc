#include "concero_gateway/fake_failure.h"

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/library/proto_time.h"
#include "google/rpc/error_details.pb.h"

namespace concero {
namespace {

// As reasons.proto has them.
absl::StatusCode CodeOf(gateway::v1::Reason reason) {
  switch (reason) {
    case gateway::v1::REASON_INVALID_FIELD:
    case gateway::v1::REASON_PAGE_TOKEN_INVALID:
    case gateway::v1::REASON_UPSTREAM_REJECTED_FIELD:
    case gateway::v1::REASON_REQUEST_ID_REUSED:
      return absl::StatusCode::kInvalidArgument;
    case gateway::v1::REASON_PAGE_TOKEN_EXPIRED:
    case gateway::v1::REASON_ALLOCATION_IN_PROGRESS:
      return absl::StatusCode::kAborted;
    case gateway::v1::REASON_UPSTREAM_NOT_CONFIGURED:
      return absl::StatusCode::kUnimplemented;
    case gateway::v1::REASON_UPSTREAM_KEY_REJECTED:
    case gateway::v1::REASON_UPSTREAM_IP_NOT_ALLOWED:
    case gateway::v1::REASON_UPSTREAM_NOT_AUTHORIZED:
    case gateway::v1::REASON_UPSTREAM_REDIRECTED:
    case gateway::v1::REASON_UPSTREAM_TLS_FAILED:
    case gateway::v1::REASON_EGRESS_REFUSED:
    case gateway::v1::REASON_ALLOCATION_ABANDONED:
    case gateway::v1::REASON_ALLOCATION_NOT_IN_DOUBT:
      return absl::StatusCode::kFailedPrecondition;
    case gateway::v1::REASON_UPSTREAM_NOT_FOUND:
    case gateway::v1::REASON_ALLOCATION_NOT_FOUND:
      return absl::StatusCode::kNotFound;
    case gateway::v1::REASON_UPSTREAM_RATE_LIMITED:
    case gateway::v1::REASON_OVERLOADED:
    case gateway::v1::REASON_QUOTA_EXCEEDED:
      return absl::StatusCode::kResourceExhausted;
    case gateway::v1::REASON_UPSTREAM_BAD_REQUEST:
    case gateway::v1::REASON_UPSTREAM_BAD_RESPONSE:
    case gateway::v1::REASON_UPSTREAM_ALLOCATION_FAILED:
      return absl::StatusCode::kInternal;
    case gateway::v1::REASON_ALLOCATION_IN_DOUBT:
    case gateway::v1::REASON_UPSTREAM_OUTCOME_UNKNOWN:
      return absl::StatusCode::kUnknown;
    case gateway::v1::REASON_CALLER_NOT_ALLOWED:
      return absl::StatusCode::kPermissionDenied;
    case gateway::v1::REASON_DEADLINE_EXCEEDED:
      return absl::StatusCode::kDeadlineExceeded;
    case gateway::v1::REASON_CANCELLED:
      return absl::StatusCode::kCancelled;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

bool NamesDelay(gateway::v1::Reason reason) {
  const absl::StatusCode code = CodeOf(reason);
  return code == absl::StatusCode::kResourceExhausted ||
         (code == absl::StatusCode::kUnavailable && reason != gateway::v1::REASON_SHUTTING_DOWN);
}

template <class Detail>
void Attach(const Detail& detail, absl::Status& status) {
  status.SetPayload(absl::StrCat("type.googleapis.com/", Detail::descriptor()->full_name()),
                    absl::Cord(detail.SerializeAsString()));
}

}  // namespace

absl::Status MakeFailure(gateway::v1::Reason reason, const FailureDetails& details) {
  if (reason == gateway::v1::REASON_UNSPECIFIED) return absl::UnavailableError("connection lost");
  const std::string name = ReasonName(reason);
  absl::Status status(
      details.code.value_or(CodeOf(reason)),
      absl::StrCat(absl::AsciiStrToLower(absl::StrReplaceAll(name, {{"_", " "}})), " (fake)"));
  google::rpc::ErrorInfo info;
  info.set_domain("concero-gateway");
  info.set_reason(name);
  info.mutable_metadata()->insert(details.metadata.begin(), details.metadata.end());
  Attach(info, status);
  if (details.retry_delay || NamesDelay(reason)) {
    google::rpc::RetryInfo retry;
    *retry.mutable_retry_delay() = ToProto(details.retry_delay.value_or(absl::Seconds(1)));
    Attach(retry, status);
  }
  if (!details.violations.empty()) {
    google::rpc::BadRequest bad_request;
    for (const FieldViolation& violation : details.violations) {
      auto* added = bad_request.add_field_violations();
      added->set_field(violation.field);
      added->set_description(violation.description);
    }
    Attach(bad_request, status);
  }
  return status;
}

}  // namespace concero
