// Failures as the gateway makes them, for tests.
// Thread safety: pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "concero_gateway/failure.h"

namespace concero {

/// What differs from what is usual for a reason.
struct FailureDetails {
  /// UPSTREAM_REJECTED_FIELD is also ALREADY_EXISTS.
  std::optional<absl::StatusCode> code = std::nullopt;
  /// Where the gateway names one: 1 s, unless set.
  std::optional<absl::Duration> retry_delay = std::nullopt;
  std::map<std::string, std::string> metadata = {};
  std::vector<FieldViolation> violations = {};
};

/// The status with which the gateway fails for `reason`, with its code and details. For
/// REASON_UNSPECIFIED: UNAVAILABLE without details, as gRPC makes it when a connection is lost.
absl::Status MakeFailure(gateway::v1::Reason reason, const FailureDetails& details = {});

}  // namespace concero
