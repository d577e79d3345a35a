// Connections to an upstream outside the engine, for who looks at the way there.
#pragma once

#include <string>

#include "service/base/unique_fd.h"
#include "service/http/socket_wait.h"
#include "service/http/upstream_options.h"

namespace gw::http {

/// Of several, the first says most about why there is no way.
enum class DialEnd {
  kConnected,
  kProxyAuth,     ///< The proxy refused our credentials, or misses them.
  kProxyRefused,  ///< The proxy does not let us connect to the upstream.
  kProxyFailed,   ///< The proxy could not, or is none.
  kNoLocalEnd,    ///< UpstreamOptions::local_end is not on this machine.
  kTimedOut,      ///< Nobody said anything, or the wait was stopped.
  kRefused,       ///< Somebody there said no.
  kNotPermitted,  ///< A name leads there, and UpstreamOptions::egress does not permit it.
  kUnreachable,   ///< There is no way, or a firewall says so.
  kFailed,        ///< Anything else, such as no descriptor.
};

struct Dialed {
  DialEnd end = DialEnd::kFailed;
  /// Connected to the upstream and non-blocking; none unless kConnected.
  UniqueFd socket;
};

/// Thread safety: Dial may be called from any thread.
class Dialer {
 public:
  virtual ~Dialer() = default;

  /// Connects to the upstream as the engine would, through its proxy if it has one, and blocks
  /// until it is done or the wait ends. `address` is numeric, one of UpstreamOptions::peer_host.
  virtual Dialed Dial(const UpstreamOptions& upstream, const std::string& address,
                      SocketWait& wait) const = 0;
};

/// Over TCP.
class SocketDialer : public Dialer {
 public:
  Dialed Dial(const UpstreamOptions& upstream, const std::string& address,
              SocketWait& wait) const override;
};

}  // namespace gw::http
