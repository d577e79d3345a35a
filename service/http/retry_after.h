// For how long an upstream asks to be left alone.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "service/http/transport.h"

namespace gw::http {

/// More than that is not believed.
constexpr absl::Duration kLongestRetryAfter = absl::Hours(1);

/// `Retry-After` (RFC 9110, section 10.2.3) in seconds, or as a date, which is counted from the
/// answer's own `Date`, else from `now`: two clocks need not agree. kLongestRetryAfter at most, and
/// nothing for a date that has passed. None when the header is absent or neither of both. Thread
/// safety: pure.
std::optional<absl::Duration> ParseRetryAfter(const Response& response, absl::Time now);

}  // namespace gw::http
