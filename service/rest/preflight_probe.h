// Looks at the way to an upstream, one step after the other.
#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>

#include "service/base/clock.h"
#include "service/base/timer.h"
#include "service/http/dialer.h"
#include "service/http/resolver.h"
#include "service/http/upstream_options.h"
#include "service/rest/preflight.h"
#include "service/rest/preflight_seen.h"

namespace gw::rest {

/// What looking takes. All of it outlives who looks.
struct PreflightTools {
  http::Resolver& resolver;
  const http::Dialer& dialer;
  Clock& clock;
  Timer& timer;
};

/// When to stop looking.
struct PreflightLimit {
  Instant deadline;
  std::stop_token stop;
};

inline constexpr size_t kMaxAddresses = 8;

// Thread safety: any thread that may block; until all is seen, or the limit.

/// Resolves the name, the proxy's if there is one, connects to each address (kMaxAddresses at
/// most), makes a TLS handshake on the first connection, and sends the target's request, each only
/// when the one before it went well; so no credential leaves for who is not trusted.
UpstreamSeen LookAt(const PreflightTarget& target, const PreflightTools& tools,
                    const PreflightLimit& limit);

/// Asks `echo`, if there is one, from where the question came. Sends no credential.
EchoSeen AskEcho(const std::optional<http::UpstreamOptions>& echo, const PreflightTools& tools,
                 const PreflightLimit& limit);

}  // namespace gw::rest
