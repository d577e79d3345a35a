// One request to a place that is asked once and never again.
#pragma once

#include "service/base/clock.h"
#include "service/http/resolver.h"
#include "service/http/transport.h"
#include "service/http/upstream_options.h"

namespace gw::http {

/// Sends `request` on an engine of its own and returns its outcome. Adds no credential, shares no
/// connection. Blocks until the request is answered, its deadline has passed or it is cancelled.
/// Thread safety: any thread.
Outcome SendAlone(const UpstreamOptions& options, Resolver& resolver, Clock& clock,
                  Request request);

}  // namespace gw::http
