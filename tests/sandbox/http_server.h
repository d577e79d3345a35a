// Listens on one address and keeps the connections it accepts.
//
// Thread safety: none; lives on the event loop's thread.
#pragma once

#include <event2/event.h>
#include <event2/listener.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "tests/sandbox/exchange.h"
#include "tests/sandbox/http_connection.h"
#include "tests/sandbox/tls_context.h"

namespace sandbox {

class HttpServer {
 public:
  // Serves HTTPS when there is a `tls`. `base`, `service` and `tls` outlive the server.
  HttpServer(event_base* base, Service* service, const TlsContext* tls);
  // Closes the listening socket and all connections.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens on `HOST:PORT` (or `[HOST]:PORT`); port 0 lets the kernel choose. Returns "" or one
  // line that says why not.
  std::string Listen(const std::string& address);
  // Where it listens, with the port that was chosen.
  const std::string& address() const { return address_; }

 private:
  void OnAccepted(evutil_socket_t socket, const sockaddr& peer);
  void OnAcceptFailed();

  event_base* const base_;
  Service* const service_;
  const TlsContext* const tls_;  // or nullptr
  event* const resume_;          // takes up accepting again after a shortage of descriptors
  evconnlistener* listener_ = nullptr;
  std::string address_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<HttpConnection>> connections_;
};

}  // namespace sandbox
