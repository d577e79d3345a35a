#include "service/base/local_end.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/base/ip_network.h"

namespace gw {
namespace {

constexpr size_t kLongestName = IFNAMSIZ - 1;

bool IsOfAnAddress(char c) { return absl::ascii_isdigit(c) || c == '.'; }

bool IsOfAName(char c) { return absl::ascii_isalnum(c) || absl::StrContains("._-", c); }

bool CanBind(const IpAddress& address) {
  const int family = address.is_v4() ? AF_INET : AF_INET6;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  std::memcpy(&v4.sin_addr, address.bytes().data(), sizeof v4.sin_addr);
  std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
  const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool bound = family == AF_INET ? bind(fd, reinterpret_cast<sockaddr*>(&v4), sizeof v4) == 0
                                       : bind(fd, reinterpret_cast<sockaddr*>(&v6), sizeof v6) == 0;
  close(fd);
  return bound;
}

}  // namespace

absl::StatusOr<LocalEnd> ParseLocalEnd(absl::string_view text) {
  if (const auto address = IpAddress::Parse(text)) return LocalEnd{"", address->ToString()};
  if (absl::StrContains(text, ':') || std::all_of(text.begin(), text.end(), &IsOfAnAddress)) {
    return absl::InvalidArgumentError(
        "is no address of this machine's; write one such as 192.0.2.1 or 2001:db8::1 without "
        "brackets and port, or the name of a network interface such as eth1");
  }
  if (text.size() > kLongestName || !std::all_of(text.begin(), text.end(), &IsOfAName)) {
    return absl::InvalidArgumentError(
        "is no name of a network interface; such names have at most 15 letters, digits and "
        "characters of ._-");
  }
  return LocalEnd{std::string(text), ""};
}

bool IsHere(const LocalEnd& end) {
  if (!end.interface.empty()) return if_nametoindex(end.interface.c_str()) != 0;
  const auto address = IpAddress::Parse(end.address);
  return !address || CanBind(*address);
}

}  // namespace gw
