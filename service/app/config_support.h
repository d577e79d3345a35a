// Which keys of the configuration this version knows and does not serve. A feature deletes its row
// when it lands.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/config/v1/config.pb.h"

namespace gw::app {

/// INVALID_ARGUMENT `KEY: not supported by this version; …` for the first set key whose silence
/// would be a security problem: something that the operator asks for to be protected, or that
/// changes where requests and keys go.
/// Thread safety: pure.
absl::Status RefuseUnsupported(const gateway::config::v1::Config& config);

/// One line, `KEY: …`, for each key in `user` that is accepted and has no effect, yet or beside
/// another. `user` is
/// what the operator wrote, without defaults.
/// Thread safety: pure.
std::vector<std::string> WarnOfNoEffect(const gateway::config::v1::Config& user);

}  // namespace gw::app
