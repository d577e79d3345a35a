// One request on one libcurl easy handle: options in, bytes counted, phase followed, outcome out.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "service/http/resolver.h"
#include "service/http/transport.h"

namespace gw::http {

/// What all requests to one upstream have in common.
struct UpstreamOptions {
  /// `https://host:port/path`, without a slash at the end; Request::target is appended.
  std::string base_url;
  std::string host;
  int port = 443;
  /// False: `host` is a name, to be resolved before the transfer starts.
  bool host_is_address = false;
  /// One send, from its start on the loop to its last byte.
  absl::Duration timeout = absl::Seconds(10);
  absl::Duration connect_timeout = absl::Seconds(3);
  size_t max_response_bytes = size_t{8} << 20;
  /// TLS 1.3 at least, else 1.2 at least.
  bool require_tls13 = true;
  /// A kept connection idle for longer is not used again. Most servers close theirs after 60 s or
  /// more.
  absl::Duration max_idle = absl::Seconds(30);
};

/// Sockets opened and closed towards one upstream. A name with several addresses may open more than
/// one to connect.
struct ConnectionCounts {
  std::atomic<uint64_t> opened{0};
  std::atomic<uint64_t> closed{0};
};

/// Thread safety: none; lives on the thread of the loop that runs its handle. The handle must be
/// off its multi before the transfer is destroyed.
class CurlTransfer {
 public:
  static constexpr size_t kMaxHeaderBytes = size_t{64} << 10;

  /// `options` and `counts` outlive the transfer, and `counts` every connection that it opens.
  /// `request` is kept here: libcurl reads from it.
  CurlTransfer(const UpstreamOptions& options, ConnectionCounts& counts, Request request);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// Sets every option. Error kinds: kBadRequest, kInternal. With `addresses`, they replace what
  /// the multi handle knows of the host; null when it knows the right ones.
  bool Prepare(const Addresses& addresses, TransportError* error);

  CURL* easy() const { return easy_; }
  Request& request() { return request_; }

  /// The outcome of a finished transfer. Consumes what was read.
  Outcome Finish(CURLcode result);
  /// The outcome of a transfer that is given up, at any time.
  TransportError Abort(ErrorKind kind) const;

 private:
  static int OnPrereq(void* self, char*, char*, int, int);
  static size_t OnHeader(char* data, size_t, size_t size, void* self);
  static size_t OnBody(char* data, size_t, size_t size, void* self);
  static curl_socket_t OnOpenSocket(void* counts, curlsocktype, curl_sockaddr* address);
  static int OnCloseSocket(void* counts, curl_socket_t fd);

  template <class Value>
  void Set(CURLoption option, Value value);
  bool AddHeaders(TransportError* error);
  Phase ReachedPhase() const;
  ErrorKind KindOf(CURLcode result, Phase phase) const;

  const UpstreamOptions& options_;
  ConnectionCounts& counts_;
  Request request_;
  Response response_;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  curl_slist* resolve_ = nullptr;
  CURLcode set_result_ = CURLE_OK;
  int sends_ = 0;
  bool answering_ = false;      // a status line was read
  bool head_complete_ = false;  // and the empty line after the headers
  bool refused_ = false;
  bool too_large_ = false;
  char error_text_[CURL_ERROR_SIZE] = "";
};

}  // namespace gw::http
