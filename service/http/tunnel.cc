#include "service/http/tunnel.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace gw::http {
namespace {

constexpr size_t kMaxHead = 16384;
constexpr absl::string_view kEndOfHead = "\r\n\r\n";

std::string RequestTo(const UpstreamOptions& upstream) {
  const std::string authority = JoinHostPort(upstream.host, upstream.port);
  std::string request =
      absl::StrCat("CONNECT ", authority, " HTTP/1.1\r\nHost: ", authority, "\r\n");
  if (const Secret& credentials = upstream.proxy->credentials; !credentials.empty()) {
    absl::StrAppend(&request, "Proxy-Authorization: Basic ",
                    absl::Base64Escape(credentials.Reveal()), "\r\n");
  }
  return request + "\r\n";
}

// kConnected, or why not all of it was written.
DialEnd WriteAll(int socket, absl::string_view bytes, SocketWait& wait) {
  while (!bytes.empty()) {
    const ssize_t n = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      if (!wait.Await(socket, POLLOUT)) return DialEnd::kTimedOut;
    } else if (errno != EINTR) {
      return DialEnd::kProxyFailed;
    }
  }
  return DialEnd::kConnected;
}

// Byte by byte: what is behind the head is the upstream's.
DialEnd ReadHead(int socket, std::string* head, SocketWait& wait) {
  while (!absl::EndsWith(*head, kEndOfHead)) {
    if (head->size() == kMaxHead) return DialEnd::kProxyFailed;
    char byte = 0;
    const ssize_t n = recv(socket, &byte, 1, 0);
    if (n == 1) {
      head->push_back(byte);
    } else if (n < 0 && errno == EAGAIN) {
      if (!wait.Await(socket, POLLIN)) return DialEnd::kTimedOut;
    } else if (n == 0 || errno != EINTR) {
      return DialEnd::kProxyFailed;
    }
  }
  return DialEnd::kConnected;
}

// Of `HTTP/1.1 200 …`.
std::optional<int> StatusOf(absl::string_view head) {
  int status = 0;
  if (!absl::StartsWith(head, "HTTP/1.") || head.size() < 12 || head[8] != ' ' ||
      !absl::SimpleAtoi(head.substr(9, 3), &status)) {
    return std::nullopt;
  }
  return status;
}

// As the engine takes it, see RefusalByProxy.
DialEnd EndOf(std::optional<int> status) {
  if (!status) return DialEnd::kProxyFailed;
  if (*status >= 200 && *status < 300) return DialEnd::kConnected;
  if (*status == 407) return DialEnd::kProxyAuth;
  const bool later = *status < 300 || *status >= 500 || *status == 408 || *status == 429;
  return later ? DialEnd::kProxyFailed : DialEnd::kProxyRefused;
}

}  // namespace

DialEnd OpenTunnel(int socket, const UpstreamOptions& upstream, SocketWait& wait) {
  std::string head;
  DialEnd end = WriteAll(socket, RequestTo(upstream), wait);
  if (end == DialEnd::kConnected) end = ReadHead(socket, &head, wait);
  return end == DialEnd::kConnected ? EndOf(StatusOf(head)) : end;
}

}  // namespace gw::http
