// What a configuration must keep to.
#pragma once

#include "absl/status/status.h"
#include "gateway/config/v1/config.pb.h"

namespace gw::app {

/// Checks a configuration that has its defaults. Opens no file and resolves no name.
/// INVALID_ARGUMENT for the first rule that is broken, in one line `KEY: …` that says what to
/// do and never contains the value of a text.
/// Thread safety: pure.
absl::Status ValidateConfig(const gateway::config::v1::Config& config);

}  // namespace gw::app
