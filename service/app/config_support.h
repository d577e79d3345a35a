// Which keys of the configuration have no effect beside others.
#pragma once

#include <string>
#include <vector>

#include "gateway/config/v1/config.pb.h"

namespace gw::app {

/// One line, `KEY: …`, for each key in `user` that is accepted and has no effect beside
/// another. `user` is what the operator wrote, without defaults.
/// Thread safety: pure.
std::vector<std::string> WarnOfNoEffect(const gateway::config::v1::Config& user);

}  // namespace gw::app
