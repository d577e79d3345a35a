// One request on one libcurl easy handle: options in, bytes counted, phase followed, outcome out.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "service/base/byte_budget.h"
#include "service/http/address_filter.h"
#include "service/http/curl_handles.h"
#include "service/http/header_lines.h"
#include "service/http/kept_connections.h"
#include "service/http/opening_place.h"
#include "service/http/reading_turn.h"
#include "service/http/resolver.h"
#include "service/http/socket_counter.h"
#include "service/http/tls_watch.h"
#include "service/http/transport.h"
#include "service/http/upstream_options.h"

namespace gw::http {

/// Thread safety: none; lives on the thread of the loop that runs its handle. The handle must be
/// off its multi before the transfer is destroyed.
class CurlTransfer {
 public:
  static constexpr size_t kMaxHeaderBytes = size_t{64} << 10;

  /// References and `memory` (null: without a limit) outlive the transfer, and `sockets`
  /// every connection that it opens.
  /// `request` is kept here: libcurl reads from it.
  CurlTransfer(const UpstreamOptions& options, SocketCounter& sockets, KeptConnections& kept,
               CurlHandles& handles, ReadingTurn& reading, Request request, ByteBudget* memory);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// Takes a handle and sets its options. Error kinds: kBadRequest, kAddressRefused, kInternal.
  /// `addresses` are those of a peer that is a name, else null.
  bool Prepare(const Addresses& addresses, TransportError* error);

  /// Frees `place` once a connection is ready for the request, or with the transfer.
  void Hold(OpeningPlace place) { place_ = std::move(place); }

  CURL* easy() const { return easy_; }
  Request& request() { return request_; }

  /// Ended because the kept connection that it was given is out of step; nothing was sent.
  bool out_of_step() const { return out_of_step_; }
  /// Makes it ready to run once more, on a new connection.
  void StartOver();

  /// The sockets that it has opened and not closed, while none of them is ready for the request;
  /// else none.
  std::vector<int> connecting() const;

  /// The outcome of a finished transfer. Consumes what was read.
  Outcome Finish(CURLcode result);
  /// The outcome of a transfer that is given up, at any time.
  TransportError Abort(ErrorKind kind) const;

 private:
  static int OnPrereq(void* self, char*, char*, int, int local_port);
  static size_t OnHeader(char* data, size_t, size_t size, void* self);
  static size_t OnBody(char* data, size_t, size_t size, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address);
  static int OnCloseSocket(void* sockets, curl_socket_t fd);

  template <class Value>
  void Set(CURLoption option, Value value);
  bool over_tls() const { return absl::StartsWith(options_.base_url, "https:"); }
  bool AddHeaders(TransportError* error);
  Phase ReachedPhase() const;
  ErrorKind KindOf(CURLcode result, Phase phase) const;
  bool HandshakeBrokeOff() const;
  bool Hold(size_t bytes);
  /// For a body of the length that the upstream told.
  void MakeRoom();
  TransportError Lost(absl::string_view detail) const;
  bool EndsWithTheConnection() const;

  const UpstreamOptions& options_;
  CurlHandles& handles_;
  ReadingTurn& reading_;
  SocketCounter& sockets_;
  KeptConnections& kept_;
  ByteBudget* const memory_;
  Request request_;
  Response response_;
  AddressFilter filter_;
  CURL* easy_ = nullptr;  // once it was prepared
  HeaderLines headers_;
  curl_slist* resolve_ = nullptr;
  OpeningPlace place_;
  TlsWatch tls_;
  CURLcode set_result_ = CURLE_OK;
  int sends_ = 0;
  bool answering_ = false;      // a status line was read
  bool head_complete_ = false;  // and the empty line after the headers
  long bytes_before_ = 0;       // counted by libcurl before the request: those of a CONNECT
  std::vector<int> opened_;     // sockets, until the request leaves
  bool out_of_step_ = false;    // the kept connection that it was given
  bool reconnected_ = false;    // libcurl opened a socket after the request had begun to leave
  bool refused_ = false;
  bool too_large_ = false;
  bool no_memory_ = false;
  bool got_kept_ = false;  // a connection that others had used before
  char error_text_[CURL_ERROR_SIZE] = "";
};

}  // namespace gw::http
