// A wait that can be called off.
// Thread safety: all functions may be called from any thread.
#pragma once

#include <stop_token>

#include "absl/time/time.h"

namespace concero {

/// Returns after `duration`, or as soon as `cancel` is asked to stop.
void Pause(absl::Duration duration, const std::stop_token& cancel);

}  // namespace concero
