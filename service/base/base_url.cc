#include "service/base/base_url.h"

#include <arpa/inet.h>

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace gw {
namespace {

absl::Status Refuse(absl::string_view why) { return absl::InvalidArgumentError(why); }

struct Host {
  std::string name;
  bool is_address = false;
  bool loopback = false;
};

bool AllDigits(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return !text.empty();
}

absl::StatusOr<Host> ParseIpv6(absl::string_view text) {
  in6_addr address;
  const std::string spelled(text);
  if (spelled.find('\0') != std::string::npos ||
      inet_pton(AF_INET6, spelled.c_str(), &address) != 1) {
    return Refuse("has no valid IPv6 address between the brackets");
  }
  char canonical[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, &address, canonical, sizeof canonical);
  return Host{canonical, true, IN6_IS_ADDR_LOOPBACK(&address) != 0};
}

absl::Status CheckName(absl::string_view name) {
  if (name.size() > 253) return Refuse("has a host name of more than 253 characters");
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return Refuse(
          "has no valid host name; its parts have 1 to 63 characters and no - at the ends");
    }
    for (const char c : label) {
      if (!absl::ascii_isalnum(c) && c != '-' && c != '_') {
        return Refuse("has no valid host name; allowed are letters, digits, - and _");
      }
    }
  }
  return absl::OkStatus();
}

// `text` without brackets is a name or an IPv4 address.
absl::StatusOr<Host> ParseHost(absl::string_view text) {
  if (text.empty()) return Refuse("has no host");
  if (absl::ConsumePrefix(&text, "[")) {
    if (!absl::ConsumeSuffix(&text, "]")) return Refuse("has a [ without its ]");
    return ParseIpv6(text);
  }
  const std::string name = absl::AsciiStrToLower(text);
  if (absl::Status status = CheckName(name); !status.ok()) return status;
  in_addr address;
  if (inet_pton(AF_INET, name.c_str(), &address) == 1) {
    return Host{name, true, (ntohl(address.s_addr) >> 24) == 127};
  }
  const absl::string_view last = absl::string_view(name).substr(name.rfind('.') + 1);
  if (AllDigits(last) || absl::StartsWith(last, "0x")) {
    return Refuse("has no valid IPv4 address; write four numbers such as 192.0.2.1");
  }
  return Host{name, false, name == "localhost"};
}

struct Authority {
  absl::string_view host;
  std::optional<absl::string_view> port;
};

absl::StatusOr<Authority> SplitAuthority(absl::string_view text) {
  const size_t bracket = text.rfind(']');
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || (bracket != absl::string_view::npos && colon < bracket)) {
    return Authority{text, std::nullopt};
  }
  const absl::string_view host = text.substr(0, colon);
  if (!absl::StartsWith(host, "[") && absl::StrContains(host, ":")) {
    return Refuse("has several colons; put an IPv6 address in brackets, such as [::1]:50051");
  }
  return Authority{host, text.substr(colon + 1)};
}

absl::StatusOr<uint16_t> ParsePort(absl::string_view text, uint32_t lowest) {
  uint32_t port = 0;
  if (!AllDigits(text) || text.size() > 5 || !absl::SimpleAtoi(text, &port) || port < lowest ||
      port > 65535) {
    return Refuse(lowest == 0 ? "expects HOST:PORT with a port from 0 to 65535"
                              : "has no valid port; ports go from 1 to 65535");
  }
  return static_cast<uint16_t>(port);
}

absl::Status CheckCharacters(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isascii(c) || !absl::ascii_isgraph(c) || c == '\\') {
      return Refuse("must have no spaces, backslashes, control or non-ASCII characters");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPath(absl::string_view path) {
  for (size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '%') {
      if (i + 2 >= path.size() || !absl::ascii_isxdigit(path[i + 1]) ||
          !absl::ascii_isxdigit(path[i + 2])) {
        return Refuse("has a % in its path without two hexadecimal digits");
      }
    } else if (!absl::ascii_isalnum(c) && !absl::StrContains("/-._~!$&'()*+,;=:@", c)) {
      return Refuse("has a character in its path that URLs do not allow");
    }
  }
  const std::string dots = absl::StrReplaceAll(path, {{"%2e", "."}, {"%2E", "."}});
  const std::vector<absl::string_view> segments =
      absl::StrSplit(absl::StripSuffix(absl::StripPrefix(dots, "/"), "/"), '/');
  for (const absl::string_view segment : segments) {
    const bool empty = segment.empty() && path.size() > 1;
    if (empty || segment == "." || segment == "..") {
      return Refuse("must have no empty, . or .. segments in its path");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BaseUrl> ParseBaseUrl(absl::string_view text) {
  if (absl::Status status = CheckCharacters(text); !status.ok()) return status;
  BaseUrl url;
  absl::string_view rest = text;
  if (absl::StartsWithIgnoreCase(rest, "https://")) {
    url.https = true;
    rest.remove_prefix(8);
  } else if (absl::StartsWithIgnoreCase(rest, "http://")) {
    rest.remove_prefix(7);
  } else {
    return Refuse("must begin with https:// (or http://)");
  }
  if (absl::StrContains(rest, "?"))
    return Refuse("must have no query; remove the ? and what follows");
  if (absl::StrContains(rest, "#")) {
    return Refuse("must have no fragment; remove the # and what follows");
  }
  const absl::string_view authority = rest.substr(0, rest.find('/'));
  const absl::string_view path = rest.substr(authority.size());
  if (absl::StrContains(authority, "@")) {
    return Refuse("must have no user or password; remove what stands before the @");
  }
  const auto parts = SplitAuthority(authority);
  if (!parts.ok()) return parts.status();
  auto host = ParseHost(parts->host);
  if (!host.ok()) return host.status();
  url.port = url.https ? 443 : 80;
  if (parts->port) {
    const auto port = ParsePort(*parts->port, 1);
    if (!port.ok()) return port.status();
    url.port = *port;
  }
  if (absl::Status status = CheckPath(path); !status.ok()) return status;
  url.path = std::string(absl::StripSuffix(path, "/"));
  url.host = std::move(host->name);
  url.host_is_address = host->is_address;
  url.loopback = host->loopback;
  return url;
}

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text) {
  if (absl::Status status = CheckCharacters(text); !status.ok()) return status;
  const auto parts = SplitAuthority(text);
  if (!parts.ok()) return parts.status();
  if (!parts->port) return Refuse("expects HOST:PORT, such as 127.0.0.1:50051");
  auto host = ParseHost(parts->host);
  if (!host.ok()) return host.status();
  const auto port = ParsePort(*parts->port, 0);
  if (!port.ok()) return port.status();
  return HostPort{std::move(host->name), *port, host->is_address, host->loopback};
}

absl::StatusOr<HostPort> ParseProxyUrl(absl::string_view text) {
  if (absl::StartsWithIgnoreCase(text, "https://")) {
    return Refuse(
        "must begin with http://; a proxy is spoken to in plain HTTP, what goes to the "
        "upstream through it is encrypted all the same");
  }
  if (!absl::StartsWithIgnoreCase(text, "http://")) return Refuse("must begin with http://");
  const absl::string_view authority = absl::StripSuffix(text.substr(7), "/");
  if (absl::StrContains(authority, "@")) {
    return Refuse("must have no user or password; they stand in a file of their own");
  }
  if (absl::StrContains(authority, "/")) return Refuse("must have no path");
  auto at = ParseHostPort(authority);
  if (at.ok() && at->port == 0) return Refuse("has no valid port; ports go from 1 to 65535");
  return at;
}

std::string JoinHostPort(absl::string_view host, int port) {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port)
                                      : absl::StrCat(host, ":", port);
}

}  // namespace gw
