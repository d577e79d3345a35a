#include "service/http/dialer.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/http/address_filter.h"
#include "service/http/tunnel.h"

namespace gw::http {
namespace {

using AddressInfo = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// Null when it is none. Nothing is asked of a name server.
AddressInfo Numeric(const std::string& address, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), absl::StrCat(port).c_str(), &hints, &found) != 0) {
    found = nullptr;
  }
  return {found, &freeaddrinfo};
}

bool BindToAddress(int fd, const sockaddr* local) {
  const socklen_t size = local->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  return bind(fd, local, size) == 0;
}

// The kernel may reserve the first way for the privileged; libcurl does the same.
bool BindToInterface(int fd, int family, const std::string& name) {
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(),
                 static_cast<socklen_t>(name.size() + 1)) == 0) {
    return true;
  }
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return false;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned(all, &freeifaddrs);
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr != nullptr && one->ifa_addr->sa_family == family && name == one->ifa_name) {
      return BindToAddress(fd, one->ifa_addr);
    }
  }
  return false;
}

bool BindTo(int fd, int family, const LocalEnd& end) {
  if (!end.interface.empty()) return BindToInterface(fd, family, end.interface);
  if (end.address.empty()) return true;
  const AddressInfo local = Numeric(end.address, 0);
  return local != nullptr && BindToAddress(fd, local->ai_addr);
}

DialEnd EndOf(int error) {
  switch (error) {
    case 0:
      return DialEnd::kConnected;
    case ECONNREFUSED:
    case ECONNRESET:
      return DialEnd::kRefused;
    case ETIMEDOUT:
      return DialEnd::kTimedOut;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EACCES:
    case EPERM:
      return DialEnd::kUnreachable;
    default:
      return DialEnd::kFailed;
  }
}

DialEnd Connect(int fd, const addrinfo& to, SocketWait& wait) {
  int error = connect(fd, to.ai_addr, to.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    if (!wait.Await(fd, POLLOUT)) return DialEnd::kTimedOut;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  }
  return EndOf(error);
}

}  // namespace

Dialed SocketDialer::Dial(const UpstreamOptions& upstream, const std::string& address,
                          SocketWait& wait) const {
  const AddressInfo to = Numeric(address, upstream.peer_port());
  if (to == nullptr) return {};
  if (!AddressFilter(upstream).MayOpen(*to->ai_addr)) return {DialEnd::kNotPermitted, UniqueFd()};
  UniqueFd fd(socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, to->ai_protocol));
  if (!fd) return {EndOf(errno), UniqueFd()};
  if (!BindTo(fd.get(), to->ai_family, upstream.local_end)) {
    return {DialEnd::kNoLocalEnd, UniqueFd()};
  }
  DialEnd end = Connect(fd.get(), *to, wait);
  if (end == DialEnd::kConnected && upstream.proxy) end = OpenTunnel(fd.get(), upstream, wait);
  if (end != DialEnd::kConnected) return {end, UniqueFd()};
  return {end, std::move(fd)};
}

}  // namespace gw::http
