#include "concero_gateway/failure.h"

#include "absl/strings/cord.h"
#include "absl/strings/strip.h"
#include "client/library/outcome_mark.h"
#include "google/rpc/error_details.pb.h"

namespace concero {
namespace {

using gateway::v1::Reason;

constexpr absl::string_view kDomain = "concero-gateway";
constexpr absl::string_view kReasonPrefix = "REASON_";
constexpr absl::string_view kTypes = "type.googleapis.com/";
// No detail of the gateway's: it never leaves this process.
constexpr absl::string_view kOutcomeMark = "concero-gateway/client/outcome-unknown";

template <class Detail>
std::optional<Detail> DetailOf(const absl::Status& status) {
  const auto payload = status.GetPayload(std::string(kTypes) + Detail::descriptor()->full_name());
  Detail detail;
  if (!payload || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

std::optional<google::rpc::ErrorInfo> InfoOf(const absl::Status& status) {
  auto info = DetailOf<google::rpc::ErrorInfo>(status);
  if (info && info->domain() != kDomain) info.reset();
  return info;
}

bool IsMarked(const absl::Status& status) { return status.GetPayload(kOutcomeMark).has_value(); }

}  // namespace

Reason ReasonOf(const absl::Status& status) {
  const auto info = InfoOf(status);
  Reason reason = gateway::v1::REASON_UNSPECIFIED;
  if (info) gateway::v1::Reason_Parse(std::string(kReasonPrefix) + info->reason(), &reason);
  return reason;
}

std::string ReasonName(Reason reason) {
  if (reason == gateway::v1::REASON_UNSPECIFIED) return "";
  return std::string(absl::StripPrefix(gateway::v1::Reason_Name(reason), kReasonPrefix));
}

std::string MetadataOf(const absl::Status& status, absl::string_view key) {
  const auto info = InfoOf(status);
  if (!info) return "";
  const auto found = info->metadata().find(std::string(key));
  return found == info->metadata().end() ? "" : found->second;
}

std::optional<absl::Duration> RetryDelayOf(const absl::Status& status) {
  const auto retry = DetailOf<google::rpc::RetryInfo>(status);
  if (!retry || !retry->has_retry_delay()) return std::nullopt;
  return absl::Seconds(retry->retry_delay().seconds()) +
         absl::Nanoseconds(retry->retry_delay().nanos());
}

std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  const auto bad_request = DetailOf<google::rpc::BadRequest>(status);
  if (!bad_request) return violations;
  for (const auto& violation : bad_request->field_violations()) {
    violations.push_back({violation.field(), violation.description()});
  }
  return violations;
}

bool IsSafeToRetry(const absl::Status& status) {
  if (IsMarked(status)) return false;
  switch (ReasonOf(status)) {
    case gateway::v1::REASON_UPSTREAM_UNAVAILABLE:
    case gateway::v1::REASON_UPSTREAM_CIRCUIT_OPEN:
    case gateway::v1::REASON_UPSTREAM_RATE_LIMITED:
    case gateway::v1::REASON_LEDGER_UNAVAILABLE:
    case gateway::v1::REASON_OVERLOADED:
    case gateway::v1::REASON_QUOTA_EXCEEDED:
    case gateway::v1::REASON_SHUTTING_DOWN:
    case gateway::v1::REASON_ALLOCATION_IN_PROGRESS:
    case gateway::v1::REASON_PAGE_TOKEN_EXPIRED:
    case gateway::v1::REASON_DEADLINE_EXCEEDED:
      return true;
    case gateway::v1::REASON_UNSPECIFIED:
      return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
    default:
      return false;
  }
}

bool IsInDoubt(const absl::Status& status) {
  const Reason reason = ReasonOf(status);
  return reason == gateway::v1::REASON_ALLOCATION_IN_DOUBT ||
         reason == gateway::v1::REASON_UPSTREAM_OUTCOME_UNKNOWN || IsMarked(status);
}

absl::Status FromProto(const google::rpc::Status& proto) {
  absl::Status status(static_cast<absl::StatusCode>(proto.code()), proto.message());
  for (const auto& detail : proto.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

google::rpc::Status ToProto(const absl::Status& status) {
  google::rpc::Status proto;
  proto.set_code(status.raw_code());
  proto.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view type_url, const absl::Cord& value) {
    if (type_url == kOutcomeMark) return;
    auto* detail = proto.add_details();
    detail->set_type_url(std::string(type_url));
    detail->set_value(std::string(value));
  });
  return proto;
}

absl::Status MarkedIfOutcomeUnknown(absl::Status status) {
  const Reason reason = ReasonOf(status);
  const bool goes_on = reason == gateway::v1::REASON_ALLOCATION_IN_PROGRESS;
  if (!goes_on && reason != gateway::v1::REASON_UNSPECIFIED) return status;
  switch (status.code()) {
    // What a server says before it does anything.
    case absl::StatusCode::kOk:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return status;
    default:
      status.SetPayload(kOutcomeMark, absl::Cord());
      return status;
  }
}

}  // namespace concero
