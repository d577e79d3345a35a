// A configuration as text, for people who ask what is in force.
#pragma once

#include <string>

#include "gateway/config/v1/config.pb.h"

namespace gw::app {

/// YAML that ParseConfig takes for the same configuration, defaults written out, a key a line. Of a
/// URL it says `?…` for a query and leaves out user and password: these may be secrets. Files are
/// named, not read. Thread safety: pure.
std::string ConfigText(const gateway::config::v1::Config& config);

}  // namespace gw::app
