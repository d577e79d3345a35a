// A port at which nobody answers.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "service/base/unique_fd.h"

namespace gw::testing {

/// A loopback port that is taken, by who takes no connection from the kernel. Thread safety: none.
class TakenPort {
 public:
  TakenPort() : listens_(socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    bind(listens_.get(), reinterpret_cast<sockaddr*>(&address_), size);
    listen(listens_.get(), 1);
    getsockname(listens_.get(), reinterpret_cast<sockaddr*>(&address_), &size);
  }
  int number() const { return ntohs(address_.sin_port); }
  std::string address() const { return "127.0.0.1:" + std::to_string(number()); }
  /// Connects until the kernel lets nobody wait any more: who comes then hears nothing.
  void Fill() {
    for (int i = 0; i < 8; ++i) {
      waiting_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      connect(waiting_.back().get(), reinterpret_cast<sockaddr*>(&address_), sizeof address_);
    }
  }

 private:
  const UniqueFd listens_;
  sockaddr_in address_{};
  std::vector<UniqueFd> waiting_;
};

}  // namespace gw::testing
