// Whether a text names a gateway in a way that gRPC understands as it was meant.
// Thread safety: a pure function.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace concero {

/// INVALID_ARGUMENT that says what is wrong with ClientOptions.target. gRPC itself takes nearly
/// every text for a host name, and looks for it when it is called.
absl::Status CheckTarget(const std::string& target);

}  // namespace concero
