// Which invitation failed: without its id a repeat would be another one.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace concero::command {

/// `failure` with the id that was sent; what the gateway says of it counts more. Thread safety:
/// pure.
absl::Status WithRequestId(absl::Status failure, absl::string_view request_id);

/// The gateway's, else the one that was sent; empty without. Thread safety: pure.
std::string RequestIdOf(const absl::Status& failure);

}  // namespace concero::command
