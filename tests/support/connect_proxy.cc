#include "tests/support/connect_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/numbers.h"

namespace gw::testing {
namespace {

constexpr size_t kMostKept = size_t{1} << 20;

// Of `CONNECT host:port HTTP/1.1`; 0 when it is something else.
int PortOf(const std::string& head) {
  const std::string line = head.substr(0, head.find(" HTTP/1."));
  int port = 0;
  (void)absl::SimpleAtoi(line.substr(line.rfind(':') + 1), &port);
  return head.rfind("CONNECT ", 0) == 0 ? port : 0;
}

int ConnectTo(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }
  close(fd);
  return -1;
}

// One direction of a tunnel.
struct Pipe {
  int from, to;
  std::string waiting = {};
  bool ended = false;  // nothing more comes

  // False: the peer has reset it.
  bool Read(const std::function<void(absl::string_view)>& seen) {
    char chunk[16384];
    const ssize_t n = recv(from, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) ended = true;
    waiting.append(chunk, static_cast<size_t>(n));
    seen({chunk, static_cast<size_t>(n)});
    return true;
  }
  bool Write() {
    const ssize_t n = send(to, waiting.data(), waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    waiting.erase(0, static_cast<size_t>(n));
    return true;
  }
  short AwaitedOfFrom() const { return !ended && waiting.empty() ? POLLIN : 0; }
  short AwaitedOfTo() const { return waiting.empty() ? 0 : POLLOUT; }
};

// Until the client ends it. True: the upstream has reset its connection.
bool Relay(int client, int upstream, const std::function<void(absl::string_view)>& sent) {
  Pipe out{client, upstream}, back{upstream, client};
  bool told_end = false;
  while (!out.ended) {
    pollfd both[2] = {{client, static_cast<short>(out.AwaitedOfFrom() | back.AwaitedOfTo()), 0},
                      {upstream, static_cast<short>(back.AwaitedOfFrom() | out.AwaitedOfTo()), 0}};
    if (back.ended) both[1].fd = -1;
    if (poll(both, 2, -1) < 0) return false;
    constexpr short kReadable = POLLIN | POLLERR | POLLHUP;
    if ((both[0].revents & kReadable) && !out.Read(sent)) return false;
    if ((both[1].revents & kReadable) && !back.Read([](absl::string_view) {})) return true;
    if (back.ended) out.waiting.clear();  // nobody takes it any more
    if (!out.waiting.empty() && !out.Write()) return true;
    if (!back.waiting.empty() && !back.Write()) return false;
    if (back.ended && back.waiting.empty() && !std::exchange(told_end, true)) {
      shutdown(client, SHUT_WR);
    }
  }
  return false;
}

}  // namespace

ConnectProxy::ConnectProxy(int port)
    : to_port_(port), server_([this](ServerConnection& connection) { Serve(connection); }) {}

ConnectProxy::~ConnectProxy() = default;

void ConnectProxy::Refuse(Refusal refusal) {
  std::lock_guard lock(mutex_);
  refusal_ = std::move(refusal);
}

void ConnectProxy::Greet(std::string answer) {
  std::lock_guard lock(mutex_);
  greeting_ = std::move(answer);
}

std::vector<std::string> ConnectProxy::Heads() const {
  std::lock_guard lock(mutex_);
  return heads_;
}

std::string ConnectProxy::Tunnelled() const {
  std::lock_guard lock(mutex_);
  return tunnelled_;
}

void ConnectProxy::Serve(ServerConnection& connection) {
  const auto request = connection.ReadHead();
  if (!request) return;
  Refusal refusal;
  std::string greeting;
  {
    std::lock_guard lock(mutex_);
    heads_.push_back(request->head);
    refusal = refusal_;
    greeting = greeting_;
  }
  if (refusal) return refusal(connection);
  const int named = PortOf(request->head);
  const int upstream = named == 0 ? -1 : ConnectTo(to_port_ != 0 ? to_port_ : named);
  if (upstream < 0) {
    connection.Answer(named == 0 ? 405 : 502, "canary-proxy-body");
    return;
  }
  connection.Write(greeting);
  const bool was_reset = Relay(connection.fd(), upstream, [this](absl::string_view bytes) {
    std::lock_guard lock(mutex_);
    if (tunnelled_.size() < kMostKept) tunnelled_.append(bytes.data(), bytes.size());
  });
  if (was_reset) connection.Reset();
  close(upstream);
}

}  // namespace gw::testing
