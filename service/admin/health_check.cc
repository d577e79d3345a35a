#include "service/admin/health_check.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/base/base_url.h"
#include "service/http/dialer.h"
#include "service/http/resolver.h"
#include "service/http/socket_wait.h"

namespace gw::admin {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(3);

std::string WhereToAsk(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  if (host == "::") return "::1";
  return host;
}

// None unless somebody there takes it.
UniqueFd Dial(const std::string& host, int port, http::SocketWait& wait) {
  http::UpstreamOptions to;
  to.port = port;
  to.host_is_address = true;
  for (const std::string& address : http::SystemLookup(host).value_or(std::vector<std::string>())) {
    to.host = address;
    http::Dialed dialed = http::SocketDialer().Dial(to, address, wait);
    if (dialed.end == http::DialEnd::kConnected) return std::move(dialed.socket);
  }
  return UniqueFd();
}

// Of `HTTP/1.1 200 …`, as the admin server writes it; 0: no answer.
int ReadStatus(int socket, http::SocketWait& wait) {
  std::array<char, 12> line;
  size_t size = 0;
  while (size < line.size()) {
    const ssize_t n = recv(socket, &line[size], line.size() - size, 0);
    if (n > 0) {
      size += static_cast<size_t>(n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR) || !wait.Await(socket, POLLIN)) {
      return 0;
    }
  }
  const absl::string_view text(line.data(), size);
  int status = 0;
  return absl::StartsWith(text, "HTTP/1.1 ") && absl::SimpleAtoi(text.substr(9), &status) ? status
                                                                                          : 0;
}

}  // namespace

absl::Status CheckHealth(const std::string& host, int port, Clock& clock) {
  if (port == 0) {
    return absl::FailedPreconditionError(
        "port 0 is another one each time: nobody can know where to ask");
  }
  const std::string asked = WhereToAsk(host);
  const std::string where = JoinHostPort(asked, port);
  http::SocketWait wait(clock, clock.Now() + kPatience, {});
  const UniqueFd socket = Dial(asked, port, wait);
  if (!socket) return absl::UnavailableError(absl::StrCat("nothing answers at ", where));
  // What fits into an empty buffer is sent at once.
  const std::string request =
      absl::StrCat("GET /readyz HTTP/1.1\r\nHost: ", where, "\r\nConnection: close\r\n\r\n");
  const ssize_t sent = send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  const int status =
      sent == static_cast<ssize_t>(request.size()) ? ReadStatus(socket.get(), wait) : 0;
  if (status == 0) return absl::UnavailableError(absl::StrCat("no answer from ", where));
  if (status == 200) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("/readyz at ", where, " answers ", status,
                                             status == 503 ? ": it does not serve" : ""));
}

}  // namespace gw::admin
