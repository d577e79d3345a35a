// Asks a gateway on this machine whether it serves: concero-gateway --health-check.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "service/base/clock.h"

namespace gw::admin {

/// Asks for /readyz at an admin port; where it listens at every address (`0.0.0.0`, `::`), on
/// loopback. OK: it answers 200. Error: UNAVAILABLE, saying what it answered, or that nothing did
/// within three seconds, of which connecting is a part; FAILED_PRECONDITION for port 0, which says
/// nothing about where to ask. Blocks; for as long as it takes to look up `host` if it is a name.
/// Thread safety: any thread.
absl::Status CheckHealth(const std::string& host, int port, Clock& clock);

}  // namespace gw::admin
