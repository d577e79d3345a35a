// Connections to an upstream outside the engine, for who looks at the way there.
#pragma once

#include <string>

#include "service/base/unique_fd.h"
#include "service/http/socket_wait.h"

namespace gw::http {

enum class DialEnd {
  kConnected,
  kRefused,      ///< Somebody there said no.
  kTimedOut,     ///< Nobody said anything, or the wait was stopped.
  kUnreachable,  ///< There is no way, or a firewall says so.
  kFailed,       ///< Anything else, such as no descriptor.
};

struct Dialed {
  DialEnd end = DialEnd::kFailed;
  /// Connected and non-blocking; none unless kConnected.
  UniqueFd socket;
};

/// The one place that decides how a connection is made: straight, out of a certain interface, or
/// through a proxy's tunnel. Thread safety: Dial may be called from any thread.
class Dialer {
 public:
  virtual ~Dialer() = default;

  /// Connects to a TCP port, and blocks until it is done or the wait ends. `host` is a numeric
  /// address, as a Resolver gives them.
  virtual Dialed Dial(const std::string& host, int port, SocketWait& wait) const = 0;
};

/// Straight to the address, from whatever interface the kernel picks.
class DirectDialer : public Dialer {
 public:
  Dialed Dial(const std::string& host, int port, SocketWait& wait) const override;
};

}  // namespace gw::http
