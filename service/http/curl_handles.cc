#include "service/http/curl_handles.h"

#include <algorithm>

#include "service/http/curl_route.h"

namespace gw::http {
namespace {

constexpr long kTrustKeptSeconds = 600;

}  // namespace

CurlHandles::~CurlHandles() {
  for (CURL* easy : idle_) curl_easy_cleanup(easy);
  curl_slist_free_all(proxy_headers_);
}

CURL* CurlHandles::Take(CURLcode* result) {
  *result = CURLE_OK;
  if (!idle_.empty()) {
    CURL* const easy = idle_.back();
    idle_.pop_back();
    return easy;
  }
  CURL* const easy = curl_easy_init();
  *result = easy == nullptr ? CURLE_OUT_OF_MEMORY : SetUp(easy);
  if (*result == CURLE_OK) return easy;
  curl_easy_cleanup(easy);
  return nullptr;
}

void CurlHandles::GiveBack(CURL* easy) {
  if (easy == nullptr) return;
  if (idle_.size() == kMostIdle) return curl_easy_cleanup(easy);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  idle_.push_back(easy);
}

CURLcode CurlHandles::SetUp(CURL* easy) {
  CURLcode result = SetRoute(easy, options_, proxy_headers_);
  const auto set = [&](CURLoption option, auto value) {
    if (result == CURLE_OK) result = curl_easy_setopt(easy, option, value);
  };
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_SSLVERSION, static_cast<long>(options_.require_tls13 ? CURL_SSLVERSION_TLSv1_3
                                                                   : CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
  // The system's directory would be trusted besides. And with a directory libcurl keeps no parsed
  // file on its multi handle: every connection would hold the loop up for the system's.
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(CURLOPT_CA_CACHE_TIMEOUT, kTrustKeptSeconds);
  set(CURLOPT_CONNECTTIMEOUT_MS,
      std::max<long>(1, absl::ToInt64Milliseconds(options_.connect_timeout)));
  // What the multi knows of the host stays until it is replaced.
  set(CURLOPT_DNS_CACHE_TIMEOUT, -1L);
  return result;
}

}  // namespace gw::http
