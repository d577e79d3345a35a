#include "service/http/library_versions.h"

#include <curl/curl.h>

namespace gw::http {

std::vector<std::pair<std::string, std::string>> LibraryVersions() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  std::vector<std::pair<std::string, std::string>> versions = {{"libcurl", info->version}};
  if (info->ssl_version != nullptr) {
    const std::string tls = info->ssl_version;  // OpenSSL/3.0.11
    const size_t slash = tls.find('/');
    if (slash != std::string::npos) {
      versions.emplace_back(tls.substr(0, slash), tls.substr(slash + 1));
    }
  }
  return versions;
}

}  // namespace gw::http
