// A proxy's tunnel, outside the engine.
#pragma once

#include "service/http/dialer.h"
#include "service/http/socket_wait.h"
#include "service/http/upstream_options.h"

namespace gw::http {

/// Asks the proxy at the other end of `socket`, which is non-blocking, for a tunnel to the upstream
/// (CONNECT), and blocks until it has answered or the wait ends. Nothing but the upstream's host
/// and port and the proxy's own credentials is told. kConnected, kTimedOut or one of kProxy….
/// Thread safety: any thread.
DialEnd OpenTunnel(int socket, const UpstreamOptions& upstream, SocketWait& wait);

}  // namespace gw::http
