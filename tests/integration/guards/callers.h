// Connections of callers over loopback, to a port of the test's own process.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "service/app/caller_sockets.h"
#include "service/base/unique_fd.h"

namespace gw::app {

inline int PortOf(int fd) {
  sockaddr_in name{};
  socklen_t size = sizeof name;
  getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.sin_port);
}

/// Listens at a free port. Thread safety: none.
class Port {
 public:
  Port() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    EXPECT_EQ(bind(fd_.get(), Loopback(0), sizeof(sockaddr_in)), 0);
    EXPECT_EQ(listen(fd_.get(), 16), 0);
  }

  int number() const { return PortOf(fd_.get()); }

  UniqueFd Connect() {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(fd.get(), Loopback(number()), sizeof(sockaddr_in)), 0);
    return fd;
  }
  UniqueFd Accept() { return UniqueFd(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

 private:
  const sockaddr* Loopback(int port) {
    address_ = {};
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_.sin_port = htons(static_cast<uint16_t>(port));
    return reinterpret_cast<const sockaddr*>(&address_);
  }

  sockaddr_in address_;
  UniqueFd fd_;
};

/// A caller's end of a connection, and ours. Thread safety: none.
struct Connected {
  explicit Connected(Port& port)
      : theirs(port.Connect()),
        ours(port.Accept()),
        peer(absl::StrCat("127.0.0.1:", PortOf(theirs.get()))) {}

  /// As CallerSockets tells of it; of no descriptor when it does not.
  CallerSocket Seen(const Port& port) const {
    for (const CallerSocket& socket : CallerSockets(port.number())) {
      if (socket.peer == peer) return socket;
    }
    return {};
  }

  UniqueFd theirs, ours;
  std::string peer;
};

}  // namespace gw::app
