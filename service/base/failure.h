// How a failure travels: an absl::Status with one payload of ours, from which the caller's error
// details are made.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gw {

/// Why a call failed. Same names and numbers as gateway.v1.Reason (proto/gateway/v1/reasons.proto),
/// which documents each; a test holds the two together.
enum class Reason {
  kUnspecified = 0,
  kInvalidField = 1,
  kPageTokenInvalid = 2,
  kPageTokenExpired = 3,
  kUpstreamNotConfigured = 4,
  kUpstreamKeyRejected = 5,
  kUpstreamIpNotAllowed = 6,
  kUpstreamNotAuthorized = 7,
  kUpstreamNotFound = 8,
  kUpstreamRejectedField = 9,
  kUpstreamRateLimited = 10,
  kUpstreamBadRequest = 11,
  kUpstreamRedirected = 12,
  kUpstreamTlsFailed = 13,
  kEgressRefused = 14,
  kUpstreamUnavailable = 15,
  kUpstreamCircuitOpen = 16,
  kUpstreamBadResponse = 17,
  kUpstreamAllocationFailed = 18,
  kAllocationInDoubt = 19,
  kUpstreamOutcomeUnknown = 20,
  kRequestIdReused = 21,
  kAllocationInProgress = 22,
  kAllocationAbandoned = 23,
  kAllocationNotInDoubt = 24,
  kAllocationNotFound = 25,
  kLedgerUnavailable = 26,
  kOverloaded = 27,
  kQuotaExceeded = 28,
  kShuttingDown = 29,
  kCallerNotAllowed = 30,
  kDeadlineExceeded = 31,
  kCancelled = 32,
};

/// Every reason but kUnspecified, in order.
const std::vector<Reason>& AllReasons();

/// `UPSTREAM_NOT_FOUND`; empty for kUnspecified. Lives forever.
absl::string_view ReasonName(Reason reason);

/// A request field that was refused, by its name in the proto, and why in words for a developer.
struct FieldViolation {
  std::string field;
  std::string description;
  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

/// What callers are told about a failure beyond code and message. Nothing in it comes from an
/// upstream's body.
struct Failure {
  Reason reason = Reason::kUnspecified;
  /// Keys as in CONTRACT: upstream http_status request_id field limit stopped_because; and
  /// unmapped_fields: how many fields an upstream refused that are not ours.
  std::vector<std::pair<std::string, std::string>> metadata;
  /// When a repeat makes sense; unset where none does.
  std::optional<absl::Duration> retry_delay;
  std::vector<FieldViolation> violations;

  friend bool operator==(const Failure&, const Failure&) = default;
};

/// A status with `failure` attached. `code` must not be OK.
absl::Status MakeFailure(absl::StatusCode code, absl::string_view message, const Failure& failure);

/// The attached failure. For a status without one: reason kDeadlineExceeded or kCancelled for these
/// two codes, else kUnspecified.
Failure GetFailure(const absl::Status& status);

/// `status` with one more metadata entry. OK stays OK.
absl::Status WithMetadata(const absl::Status& status, absl::string_view key,
                          absl::string_view value);

/// INVALID_ARGUMENT, INVALID_FIELD naming `field`.
absl::Status InvalidField(absl::string_view field, absl::string_view description);

}  // namespace gw
