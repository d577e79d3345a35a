#include "tests/sandbox/http_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace sandbox {
namespace {

constexpr int kBacklog = 65'535;  // the kernel's own bound is net.core.somaxconn
constexpr timeval kAcceptPause{0, 100'000};

// "HOST:PORT" or "[HOST]:PORT" in two; false when it is neither.
bool SplitAddress(const std::string& address, std::string* host, std::string* port) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return false;
  *host = address.substr(0, colon);
  *port = address.substr(colon + 1);
  if (host->size() > 2 && host->front() == '[' && host->back() == ']') {
    *host = host->substr(1, host->size() - 2);
  } else if (host->find(':') != std::string::npos) {
    return false;
  }
  return !host->empty() && !port->empty() && port->size() <= 5 &&
         port->find_first_not_of("0123456789") == std::string::npos && std::stoi(*port) <= 65535;
}

std::string LocalAddress(evutil_socket_t socket) {
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  char host[NI_MAXHOST] = "";
  char port[NI_MAXSERV] = "";
  getsockname(socket, reinterpret_cast<sockaddr*>(&local), &size);
  getnameinfo(reinterpret_cast<sockaddr*>(&local), size, host, sizeof host, port, sizeof port,
              NI_NUMERICHOST | NI_NUMERICSERV);
  const std::string name = host;
  return (local.ss_family == AF_INET6 ? "[" + name + "]" : name) + ":" + port;
}

IpAddress AddressOf(const sockaddr& peer) {
  if (peer.sa_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(peer).sin_addr;
    return MapIpv4(reinterpret_cast<const std::uint8_t*>(&address));
  }
  IpAddress address{};
  std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr,
              address.size());
  return address;
}

}  // namespace

HttpServer::HttpServer(event_base* base, Service* service, const TlsContext* tls)
    : base_(base),
      service_(service),
      tls_(tls),
      resume_(evtimer_new(
          base,
          [](evutil_socket_t, short, void* self) {
            evconnlistener_enable(static_cast<HttpServer*>(self)->listener_);
          },
          this)) {}

HttpServer::~HttpServer() {
  connections_.clear();
  if (listener_ != nullptr) evconnlistener_free(listener_);
  event_free(resume_);
}

std::string HttpServer::Listen(const std::string& address) {
  std::string host;
  std::string port;
  if (!SplitAddress(address, &host, &port)) return "not HOST:PORT: " + address;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return "cannot resolve " + address + ": " + gai_strerror(error);
  }
  listener_ = evconnlistener_new_bind(
      base_,
      [](evconnlistener*, evutil_socket_t socket, sockaddr* peer, int, void* self) {
        static_cast<HttpServer*>(self)->OnAccepted(socket, *peer);
      },
      this, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, kBacklog,
      found->ai_addr, static_cast<int>(found->ai_addrlen));
  const int error = errno;
  freeaddrinfo(found);
  if (listener_ == nullptr)
    return "cannot listen on " + address + ": " + std::generic_category().message(error);
  evconnlistener_set_error_cb(listener_, [](evconnlistener*, void* self) {
    static_cast<HttpServer*>(self)->OnAcceptFailed();
  });
  address_ = LocalAddress(evconnlistener_get_fd(listener_));
  return "";
}

void HttpServer::OnAccepted(evutil_socket_t socket, const sockaddr& peer) {
  bufferevent* const events = tls_ != nullptr
                                  ? tls_->Accept(base_, socket)
                                  : bufferevent_socket_new(base_, socket, BEV_OPT_CLOSE_ON_FREE);
  if (events == nullptr) {
    evutil_closesocket(socket);
    return;
  }
  const auto id = ++last_id_;
  service_->OnOpened(id);
  connections_[id] = std::make_unique<HttpConnection>(base_, events, Peer{id, AddressOf(peer)},
                                                      service_, [this](std::uint64_t done) {
                                                        service_->OnClosed(done);
                                                        connections_.erase(done);
                                                      });
}

void HttpServer::OnAcceptFailed() {
  // Out of descriptors, most likely: trying again at once would only burn the processor.
  evconnlistener_disable(listener_);
  evtimer_add(resume_, &kAcceptPause);
}

}  // namespace sandbox
