// What a proxy answers to CONNECT, and what comes behind its answer.
#include "service/http/tunnel.h"

#include <sys/socket.h>

#include <array>
#include <stop_token>
#include <string>

#include "service/base/clock.h"
#include "service/base/unique_fd.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

// All that is left to read.
std::string Rest(int socket) {
  std::string rest;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t n = recv(socket, buffer.data(), buffer.size(), 0);
    if (n <= 0) return rest;
    rest.append(buffer.data(), static_cast<size_t>(n));
  }
}

}  // namespace

FUZZ_TARGET(tunnel) {
  constexpr size_t kFitsIntoASocket = 65536;
  input = input.substr(0, kFitsIntoASocket);
  std::array<int, 2> ends{};
  Expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0, "sockets");
  const UniqueFd ours(ends[0]);
  const UniqueFd proxy(ends[1]);
  Expect(send(proxy.get(), input.data(), input.size(), 0) == static_cast<ssize_t>(input.size()),
         "the answer is sent at once");
  shutdown(proxy.get(), SHUT_WR);

  http::UpstreamOptions upstream;
  upstream.host = "upstream.example";
  upstream.proxy.emplace();
  http::SocketWait wait(SystemClock(), Instant::Never(), std::stop_token());
  const http::DialEnd end = http::OpenTunnel(ours.get(), upstream, wait);

  Expect(end == http::DialEnd::kConnected || end == http::DialEnd::kProxyAuth ||
             end == http::DialEnd::kProxyRefused || end == http::DialEnd::kProxyFailed,
         "a proxy that has answered is not waited for");
  if (end != http::DialEnd::kConnected) return;
  Expect(input.substr(0, 7) == "HTTP/1." && input.substr(8, 2) == " 2",
         "a tunnel is what an answer of success opens");
  const size_t behind = input.find("\r\n\r\n") + 4;
  Expect(Rest(ours.get()) == input.substr(behind), "what is behind the answer is the upstream's");
}

}  // namespace gw::fuzz
