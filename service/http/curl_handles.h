// libcurl's easy handles, with all that transfers to one upstream have in common set already.
#pragma once

#include <curl/curl.h>

#include <vector>

#include "service/http/upstream_options.h"

namespace gw::http {

/// Handles that are used again: a new one, and some thirty options, cost as much as a third of what
/// libcurl does for a small request. Thread safety: none; of the loop's thread.
class CurlHandles {
 public:
  /// `options` outlives it.
  explicit CurlHandles(const UpstreamOptions& options) : options_(options) {}
  /// Every handle is back.
  ~CurlHandles();
  CurlHandles(const CurlHandles&) = delete;
  CurlHandles& operator=(const CurlHandles&) = delete;

  /// One with the route, the trust and the limits of time of every transfer. Null, with libcurl's
  /// word for it in `result`: libcurl takes one of them not, or is out of memory.
  CURL* Take(CURLcode* result);
  /// It is on no multi any more. What else was set on it, the next transfer sets anew.
  void GiveBack(CURL* easy);

 private:
  static constexpr size_t kMostIdle = 256;

  CURLcode SetUp(CURL* easy);

  const UpstreamOptions& options_;
  curl_slist* proxy_headers_ = nullptr;
  std::vector<CURL*> idle_;
};

}  // namespace gw::http
