#include "service/http/curl_ca_bundle.h"

#include <curl/curl.h>

namespace gw::http {

std::string SystemCaBundle() {
  const char* const path = curl_version_info(CURLVERSION_NOW)->cainfo;
  return path != nullptr ? path : "/etc/ssl/certs/ca-certificates.crt";
}

}  // namespace gw::http
