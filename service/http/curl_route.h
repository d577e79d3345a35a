// The way that a transfer's connection takes, as libcurl is told it: through a proxy or not, from
// which local end, and for how long. Thread safety: of the loop's thread.
#pragma once

#include <curl/curl.h>

#include <optional>

#include "service/http/transport.h"
#include "service/http/upstream_options.h"

namespace gw::http {

/// Sets the options of `easy`. Nothing is taken from the environment. `proxy_headers` is a list
/// that the proxy alone is sent; null: it is made if need be, and is the caller's to free once the
/// handle is gone.
CURLcode SetRoute(CURL* easy, const UpstreamOptions& options, curl_slist*& proxy_headers);

/// What the proxy's answer to CONNECT means, when it is a refusal that will be the same next time:
/// kProxyAuth or kProxyRefused. None when there is no answer, when it has let the transfer
/// through, and when it could not (5xx, 408, 429).
std::optional<ErrorKind> RefusalByProxy(CURL* easy);

}  // namespace gw::http
