#include "service/http/curl_route.h"

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace gw::http {
namespace {

// Sets options until one is refused.
class Setter {
 public:
  explicit Setter(CURL* easy) : easy_(easy) {}
  template <class Value>
  void Set(CURLoption option, Value value) {
    if (result_ == CURLE_OK) result_ = curl_easy_setopt(easy_, option, value);
  }
  CURLcode result() const { return result_; }

 private:
  CURL* const easy_;
  CURLcode result_ = CURLE_OK;
};

// By a header of ours: libcurl would take the two for parts of a URL and decode them, once for each
// connection of a transfer.
curl_slist* CredentialsFor(const Proxy& proxy) {
  if (proxy.credentials.empty()) return nullptr;
  return curl_slist_append(nullptr, absl::StrCat("Proxy-Authorization: Basic ",
                                                 absl::Base64Escape(proxy.credentials.Reveal()))
                                        .c_str());
}

// libcurl copies texts.
void SetProxy(Setter& to, const std::optional<Proxy>& proxy, curl_slist*& headers) {
  // Without these two libcurl would ask the environment, each time.
  to.Set(CURLOPT_NOPROXY, "");
  if (!proxy) return to.Set(CURLOPT_PROXY, "");
  const std::string url = absl::StrCat("http://", JoinHostPort(proxy->at.host, proxy->at.port));
  to.Set(CURLOPT_PROXY, url.c_str());
  // Also to an upstream in plain HTTP: else the proxy would be handed the request, and the key in
  // it.
  to.Set(CURLOPT_HTTPPROXYTUNNEL, 1L);
  to.Set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  // The proxy's answer must not be taken for the upstream's.
  to.Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (headers == nullptr) headers = CredentialsFor(*proxy);
  to.Set(CURLOPT_PROXYHEADER, headers);
}

// With these prefixes libcurl looks no name up.
void SetLocalEnd(Setter& to, const LocalEnd& end) {
  if (!end.interface.empty()) to.Set(CURLOPT_INTERFACE, absl::StrCat("if!", end.interface).c_str());
  if (!end.address.empty()) to.Set(CURLOPT_INTERFACE, absl::StrCat("host!", end.address).c_str());
}

}  // namespace

CURLcode SetRoute(CURL* easy, const UpstreamOptions& options, curl_slist*& proxy_headers) {
  Setter to(easy);
  SetProxy(to, options.proxy, proxy_headers);
  SetLocalEnd(to, options.local_end);
  // Compared as MAXAGE_CONN is, see curl_transfer.cc; 0 would be for ever.
  to.Set(CURLOPT_MAXLIFETIME_CONN,
         std::max<long>(1, absl::ToInt64Seconds(options.max_connection_life) - 1));
  // A resumed session would carry on the trust of the connection on which it began.
  to.Set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  return to.result();
}

std::optional<ErrorKind> RefusalByProxy(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
  if (status == 407) return ErrorKind::kProxyAuth;
  if (status < 300 || status >= 500 || status == 408 || status == 429) return std::nullopt;
  return ErrorKind::kProxyRefused;
}

}  // namespace gw::http
