#include "service/app/caller_sockets.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "absl/strings/numbers.h"
#include "service/base/base_url.h"

namespace gw::app {
namespace {

struct Address {
  std::string host;
  int port = 0;
};

using NameOf = int (*)(int, sockaddr*, socklen_t*);

// Of either end of a TCP connection; none for what is another kind of descriptor.
std::optional<Address> AddressOf(int fd, NameOf name_of) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (name_of(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return Address{text, ntohs(v4.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return Address{text, ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

std::optional<std::string> PeerOf(int fd) {
  const auto peer = AddressOf(fd, &getpeername);
  if (!peer) return std::nullopt;
  return JoinHostPort(peer->host, peer->port);
}

uint64_t ReceivedBy(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_bytes_received;
}

// Connected and listening ones.
std::vector<int> SocketsAt(int port) {
  std::vector<int> sockets;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), &closedir);
  if (folder == nullptr) return sockets;
  while (const dirent* entry = readdir(folder.get())) {
    int fd = -1;
    if (!absl::SimpleAtoi(entry->d_name, &fd)) continue;
    const auto own = AddressOf(fd, &getsockname);
    if (own && own->port == port) sockets.push_back(fd);
  }
  return sockets;
}

}  // namespace

std::vector<CallerSocket> CallerSockets(int port) {
  std::vector<CallerSocket> sockets;
  for (const int fd : SocketsAt(port)) {
    if (auto peer = PeerOf(fd)) sockets.push_back({fd, *std::move(peer), ReceivedBy(fd)});
  }
  return sockets;
}

void LimitUnread(int port, int bytes) {
  // What the listening socket has, its connections inherit.
  for (const int fd : SocketsAt(port)) {
    if (!PeerOf(fd)) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
}

int Unread(const CallerSocket& socket) {
  int bytes = 0;
  return ioctl(socket.fd, SIOCINQ, &bytes) == 0 ? bytes : 0;
}

bool Disconnect(const CallerSocket& socket) {
  // The number may be another's by now.
  if (PeerOf(socket.fd) != socket.peer) return false;
  // Of shutdown(2), who reads what is left learns only with the next thing that happens.
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  return connect(socket.fd, &nobody, sizeof nobody) == 0 || shutdown(socket.fd, SHUT_RDWR) == 0;
}

std::vector<CallerSocket> Heaviest(std::vector<CallerSocket> now,
                                   const std::vector<CallerSocket>& before, uint64_t least) {
  std::unordered_map<std::string, uint64_t> had;
  for (const CallerSocket& socket : before) had[socket.peer] = socket.received;
  for (CallerSocket& socket : now) {
    const auto found = had.find(socket.peer);
    // More than now: another caller had the address then.
    if (found != had.end() && found->second <= socket.received) socket.received -= found->second;
  }
  std::sort(now.begin(), now.end(),
            [](const CallerSocket& a, const CallerSocket& b) { return a.received > b.received; });
  if (!now.empty()) least = std::max(least, now.front().received / 8);
  std::erase_if(now, [least](const CallerSocket& socket) { return socket.received < least; });
  return now;
}

}  // namespace gw::app
