// The configuration file.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/config/v1/config.pb.h"

namespace gw::app {

/// Reads a configuration from YAML, over the defaults (config_defaults.h), and checks it
/// (config_rules.h). Adds to `warnings`, unless null, a line for each key that has no effect
/// yet. Paths in it stay as they are written, relative to the working directory.
/// INVALID_ARGUMENT, in one line `NAME:LINE: KEY: …` that says what to do and contains no
/// value; the line is that of the key or of the nearest section above it, and absent where the
/// file has neither.
/// Thread safety: pure.
absl::StatusOr<gateway::config::v1::Config> ParseConfig(absl::string_view text,
                                                        absl::string_view name,
                                                        std::vector<std::string>* warnings);

/// ParseConfig of the file at `path`, once; blocks while it reads. Besides its errors those of
/// opening and reading the file, `PATH: cannot be read: …` with errno's code.
/// Thread safety: may be called from any thread.
absl::StatusOr<gateway::config::v1::Config> LoadConfig(const std::string& path,
                                                       std::vector<std::string>* warnings);

}  // namespace gw::app
