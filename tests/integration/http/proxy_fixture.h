// An upstream that is reached through a proxy.
#pragma once

#include <string>
#include <utility>

#include "service/http/upstream_options.h"
#include "tests/support/connect_proxy.h"

namespace gw::testing {

/// The same upstream, through `proxy`.
inline http::UpstreamOptions Through(const ConnectProxy& proxy, http::UpstreamOptions options,
                                     const std::string& credentials = "") {
  options.proxy = http::Proxy{{"127.0.0.1", static_cast<uint16_t>(proxy.port()), true, true},
                              Secret(std::string(credentials))};
  return options;
}

}  // namespace gw::testing
