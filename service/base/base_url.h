// Addresses as operators write them: an upstream's base URL, a proxy's, and where to listen.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gw {

/// Where an upstream is. Thread safety: a value.
struct BaseUrl {
  bool https = false;
  /// A name or an address, lower case; an IPv6 address in its canonical form and without brackets.
  std::string host;
  /// 443 or 80 when the URL names none.
  uint16_t port = 0;
  /// Empty, or `/` and what follows, without a slash at the end.
  std::string path;
  /// True: `host` is an IPv4 or IPv6 address, nothing is to be resolved.
  bool host_is_address = false;
  /// True for 127.0.0.0/8, ::1 and the name `localhost`.
  bool loopback = false;

  friend bool operator==(const BaseUrl&, const BaseUrl&) = default;
};

/// Reads `https://host[:port][/path]`. INVALID_ARGUMENT with a message that says what to change and
/// quotes nothing of `text`: another scheme, user info, query, fragment, spaces, backslashes,
/// control or non-ASCII characters, a bad host or port, `.` or `..` or empty path segments, and
/// spellings of an IPv4 address that resolvers and URL parsers read differently (127.1,
/// 0x7f.0.0.1).
absl::StatusOr<BaseUrl> ParseBaseUrl(absl::string_view text);

/// Where to listen, or where a proxy is. Thread safety: a value.
struct HostPort {
  /// As BaseUrl::host.
  std::string host;
  /// To listen on, 0 is any free one.
  uint16_t port = 0;
  bool host_is_address = false;
  bool loopback = false;

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// Reads `HOST:PORT`; an IPv6 address stands in brackets. Errors as ParseBaseUrl.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text);

/// Reads `http://HOST:PORT` of a proxy; the port is never 0. INVALID_ARGUMENT as ParseBaseUrl, also
/// for any other scheme, a path, and a URL without a port: programs do not agree on which one is
/// meant then.
absl::StatusOr<HostPort> ParseProxyUrl(absl::string_view text);

/// `HOST:PORT`, an IPv6 address in brackets. Thread safety: pure.
std::string JoinHostPort(absl::string_view host, int port);

}  // namespace gw
