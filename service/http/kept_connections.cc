#include "service/http/kept_connections.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace gw::http {
namespace {

int LocalPort(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

void KeptConnections::Learn(int local_port, const std::vector<int>& opened) {
  for (const int fd : opened) {
    if (LocalPort(fd) == local_port) fd_by_port_[local_port] = fd;
  }
}

bool KeptConnections::OutOfStep(int local_port) const {
  const auto it = fd_by_port_.find(local_port);
  if (it == fd_by_port_.end()) return false;
  char byte;
  return recv(it->second, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

}  // namespace gw::http
