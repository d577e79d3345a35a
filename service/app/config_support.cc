#include "service/app/config_support.h"

namespace gw::app {

std::vector<std::string> WarnOfNoEffect(const gateway::config::v1::Config& user) {
  std::vector<std::string> warnings;
  if (!user.egress().proxy().empty() && user.egress().allow_private_size() > 0) {
    warnings.emplace_back(
        "egress.allow_private: has no effect with egress.proxy, which looks the names of the "
        "upstreams up itself");
  }
  return warnings;
}

}  // namespace gw::app
