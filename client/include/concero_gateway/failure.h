// Why a call failed: what the gateway attached to the status of a Client's call.
// Thread safety: pure functions.
//
// Branch on the reason, never on the message; proto/gateway/v1/reasons.proto documents each. The
// code is the gateway's. The details are payloads of the absl::Status, by their type URLs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/v1/reasons.pb.h"
#include "google/rpc/status.pb.h"

namespace concero {

/// REASON_UNSPECIFIED for OK, for a status that the gateway did not make (gRPC did, or Connect),
/// and for a reason that is newer than this library.
gateway::v1::Reason ReasonOf(const absl::Status& status);

/// `UPSTREAM_NOT_FOUND`; empty for REASON_UNSPECIFIED.
std::string ReasonName(gateway::v1::Reason reason);

/// A value of the gateway's metadata; empty without it. Keys: `upstream`, `http_status`,
/// `request_id` (on everything about an allocation), `field`, `limit`, `stopped_because`,
/// `unmapped_fields`.
std::string MetadataOf(const absl::Status& status, absl::string_view key);

/// After which time a repeat makes sense; nothing when the gateway does not say.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

/// A field of the request that was refused, by its name in the proto, and why, for developers.
struct FieldViolation {
  std::string field;
  std::string description;
  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};
std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status);

/// Whether the same call, made again after RetryDelayOf (or a backoff), may succeed and cannot do
/// anything twice. "The same call" of an allocation is one with the same Intent.
///
/// clang-format off
/// | status                                                                | safe to retry     |
/// | --------------------------------------------------------------------- | ----------------- |
/// | UNAVAILABLE, RESOURCE_EXHAUSTED with a reason: UPSTREAM_UNAVAILABLE,   | yes               |
/// | UPSTREAM_CIRCUIT_OPEN, LEDGER_UNAVAILABLE, SHUTTING_DOWN,              |                   |
/// | UPSTREAM_RATE_LIMITED, OVERLOADED, QUOTA_EXCEEDED                      |                   |
/// | ABORTED ALLOCATION_IN_PROGRESS, PAGE_TOKEN_EXPIRED                     | yes               |
/// | DEADLINE_EXCEEDED with its reason (an allocation was not sent)         | yes               |
/// | UNAVAILABLE, DEADLINE_EXCEEDED of gRPC itself                          | yes               |
/// | UNKNOWN: ALLOCATION_IN_DOUBT, UPSTREAM_OUTCOME_UNKNOWN, or of gRPC     | no                |
/// | every other: it would fail again, or you cancelled                     | no                |
/// clang-format on
///
/// CreateStudentSession and ResendAllocation do their work anew each time: of these, what gRPC
/// itself failed (a lost connection, a deadline) and ALLOCATION_IN_PROGRESS are not safe, and the
/// Client has marked the status accordingly.
bool IsSafeToRetry(const absl::Status& status);

/// Whether something was sent and nobody knows whether it was executed: look before you do it
/// again. ALLOCATION_IN_DOUBT (settle it, see ConfirmAllocation), UPSTREAM_OUTCOME_UNKNOWN, and
/// what the Client marked as above.
bool IsInDoubt(const absl::Status& status);

/// An `Allocation.error` or the error of an item, as the status of a call would have been.
absl::Status FromProto(const google::rpc::Status& status);
/// The other way round.
google::rpc::Status ToProto(const absl::Status& status);

}  // namespace concero
