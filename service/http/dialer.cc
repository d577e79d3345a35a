#include "service/http/dialer.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace gw::http {
namespace {

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

}  // namespace

Dialed DirectDialer::Dial(const std::string& host, int port, SocketWait& wait) const {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;  // nothing is asked of a name server
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> address(found, &freeaddrinfo);

  UniqueFd fd(
      socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol));
  if (!fd) return {EndOf(errno), UniqueFd()};
  int error = connect(fd.get(), address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    if (!wait.Await(fd.get(), POLLOUT)) return {DialEnd::kTimedOut, UniqueFd()};
    socklen_t size = sizeof error;
    if (getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  }
  if (error != 0) return {EndOf(error), UniqueFd()};
  return {DialEnd::kConnected, std::move(fd)};
}

}  // namespace gw::http
