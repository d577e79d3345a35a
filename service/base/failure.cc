#include "service/base/failure.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace gw {
namespace {

constexpr absl::string_view kPayloadUrl = "concero-gateway/failure";

struct NamedReason {
  Reason reason;
  absl::string_view name;
};

constexpr std::array kNames = {
    NamedReason{Reason::kInvalidField, "INVALID_FIELD"},
    NamedReason{Reason::kPageTokenInvalid, "PAGE_TOKEN_INVALID"},
    NamedReason{Reason::kPageTokenExpired, "PAGE_TOKEN_EXPIRED"},
    NamedReason{Reason::kUpstreamNotConfigured, "UPSTREAM_NOT_CONFIGURED"},
    NamedReason{Reason::kUpstreamKeyRejected, "UPSTREAM_KEY_REJECTED"},
    NamedReason{Reason::kUpstreamIpNotAllowed, "UPSTREAM_IP_NOT_ALLOWED"},
    NamedReason{Reason::kUpstreamNotAuthorized, "UPSTREAM_NOT_AUTHORIZED"},
    NamedReason{Reason::kUpstreamNotFound, "UPSTREAM_NOT_FOUND"},
    NamedReason{Reason::kUpstreamRejectedField, "UPSTREAM_REJECTED_FIELD"},
    NamedReason{Reason::kUpstreamRateLimited, "UPSTREAM_RATE_LIMITED"},
    NamedReason{Reason::kUpstreamBadRequest, "UPSTREAM_BAD_REQUEST"},
    NamedReason{Reason::kUpstreamRedirected, "UPSTREAM_REDIRECTED"},
    NamedReason{Reason::kUpstreamTlsFailed, "UPSTREAM_TLS_FAILED"},
    NamedReason{Reason::kEgressRefused, "EGRESS_REFUSED"},
    NamedReason{Reason::kUpstreamUnavailable, "UPSTREAM_UNAVAILABLE"},
    NamedReason{Reason::kUpstreamCircuitOpen, "UPSTREAM_CIRCUIT_OPEN"},
    NamedReason{Reason::kUpstreamBadResponse, "UPSTREAM_BAD_RESPONSE"},
    NamedReason{Reason::kUpstreamAllocationFailed, "UPSTREAM_ALLOCATION_FAILED"},
    NamedReason{Reason::kAllocationInDoubt, "ALLOCATION_IN_DOUBT"},
    NamedReason{Reason::kUpstreamOutcomeUnknown, "UPSTREAM_OUTCOME_UNKNOWN"},
    NamedReason{Reason::kRequestIdReused, "REQUEST_ID_REUSED"},
    NamedReason{Reason::kAllocationInProgress, "ALLOCATION_IN_PROGRESS"},
    NamedReason{Reason::kAllocationAbandoned, "ALLOCATION_ABANDONED"},
    NamedReason{Reason::kAllocationNotInDoubt, "ALLOCATION_NOT_IN_DOUBT"},
    NamedReason{Reason::kAllocationNotFound, "ALLOCATION_NOT_FOUND"},
    NamedReason{Reason::kLedgerUnavailable, "LEDGER_UNAVAILABLE"},
    NamedReason{Reason::kOverloaded, "OVERLOADED"},
    NamedReason{Reason::kQuotaExceeded, "QUOTA_EXCEEDED"},
    NamedReason{Reason::kShuttingDown, "SHUTTING_DOWN"},
    NamedReason{Reason::kCallerNotAllowed, "CALLER_NOT_ALLOWED"},
    NamedReason{Reason::kDeadlineExceeded, "DEADLINE_EXCEEDED"},
    NamedReason{Reason::kCancelled, "CANCELLED"},
};

// The payload is a Cord, so the struct is written into bytes and read back in this process only: no
// versions, no byte order.
class Writer {
 public:
  void Number(int64_t n) { out_.append(reinterpret_cast<const char*>(&n), sizeof n); }
  void Text(absl::string_view s) {
    Number(static_cast<int64_t>(s.size()));
    out_.append(s.data(), s.size());
  }
  absl::Cord Take() { return absl::Cord(std::move(out_)); }

 private:
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}
  int64_t Number() {
    int64_t n;
    std::memcpy(&n, bytes_.data() + at_, sizeof n);
    at_ += sizeof n;
    return n;
  }
  std::string Text() {
    const auto size = static_cast<size_t>(Number());
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }

 private:
  std::string bytes_;
  size_t at_ = 0;
};

absl::Cord Encode(const Failure& failure) {
  Writer out;
  out.Number(static_cast<int64_t>(failure.reason));
  out.Number(failure.retry_delay ? absl::ToInt64Nanoseconds(*failure.retry_delay) : -1);
  out.Number(static_cast<int64_t>(failure.metadata.size()));
  for (const auto& [key, value] : failure.metadata) {
    out.Text(key);
    out.Text(value);
  }
  out.Number(static_cast<int64_t>(failure.violations.size()));
  for (const FieldViolation& violation : failure.violations) {
    out.Text(violation.field);
    out.Text(violation.description);
  }
  return out.Take();
}

Failure Decode(const absl::Cord& bytes) {
  Reader in{std::string(bytes)};
  Failure failure;
  failure.reason = static_cast<Reason>(in.Number());
  if (const int64_t delay = in.Number(); delay >= 0) {
    failure.retry_delay = absl::Nanoseconds(delay);
  }
  for (int64_t n = in.Number(); n > 0; --n) {
    std::string key = in.Text();
    failure.metadata.emplace_back(std::move(key), in.Text());
  }
  for (int64_t n = in.Number(); n > 0; --n) {
    std::string field = in.Text();
    failure.violations.push_back({std::move(field), in.Text()});
  }
  return failure;
}

}  // namespace

const std::vector<Reason>& AllReasons() {
  static const auto* const all = [] {
    auto* reasons = new std::vector<Reason>;
    for (const NamedReason& named : kNames) reasons->push_back(named.reason);
    return reasons;
  }();
  return *all;
}

absl::string_view ReasonName(Reason reason) {
  for (const NamedReason& named : kNames) {
    if (named.reason == reason) return named.name;
  }
  return "";
}

absl::Status MakeFailure(absl::StatusCode code, absl::string_view message, const Failure& failure) {
  absl::Status status(code, message);
  status.SetPayload(kPayloadUrl, Encode(failure));
  return status;
}

Failure GetFailure(const absl::Status& status) {
  if (const auto payload = status.GetPayload(kPayloadUrl)) return Decode(*payload);
  Failure failure;
  if (absl::IsDeadlineExceeded(status)) failure.reason = Reason::kDeadlineExceeded;
  if (absl::IsCancelled(status)) failure.reason = Reason::kCancelled;
  return failure;
}

absl::Status WithMetadata(const absl::Status& status, absl::string_view key,
                          absl::string_view value) {
  if (status.ok()) return status;
  Failure failure = GetFailure(status);
  failure.metadata.emplace_back(std::string(key), std::string(value));
  return MakeFailure(status.code(), status.message(), failure);
}

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  Failure failure;
  failure.reason = Reason::kInvalidField;
  failure.metadata = {{"field", std::string(field)}};
  failure.violations = {{std::string(field), std::string(description)}};
  return MakeFailure(absl::StatusCode::kInvalidArgument, absl::StrCat(field, ": ", description),
                     failure);
}

}  // namespace gw
