// Dates as HTTP writes them.
#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gw::http {

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is to be sent (RFC 9110, section 5.6.7); none
/// for anything else. Thread safety: pure.
std::optional<absl::Time> ParseHttpDate(absl::string_view text);

}  // namespace gw::http
