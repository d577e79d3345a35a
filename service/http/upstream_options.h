// What all requests to one upstream have in common.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/base/base_url.h"
#include "service/base/local_end.h"
#include "service/base/secret.h"
#include "service/http/egress_policy.h"

namespace gw::http {

/// A proxy through which connections go by CONNECT.
struct Proxy {
  HostPort at;
  /// `USER:PASSWORD`, for it and nobody else; empty: it is told none.
  Secret credentials;
};

struct UpstreamOptions {
  /// `https://host:port/path`, without a slash at the end; Request::target is appended.
  std::string base_url;
  std::string host;
  int port = 443;
  /// False: `host` is a name, to be resolved before the transfer starts, by us or the proxy.
  bool host_is_address = false;
  /// One send, from its start on the loop to its last byte.
  absl::Duration timeout = absl::Seconds(10);
  absl::Duration connect_timeout = absl::Seconds(3);
  size_t max_response_bytes = size_t{8} << 20;
  /// TLS 1.3 at least, else 1.2 at least.
  bool require_tls13 = true;
  /// Of a PEM file with the certificates that are trusted instead of the system's; empty: the
  /// system's. A changed file is noticed within ten minutes.
  std::string ca_file;
  /// A kept connection idle for longer is not used again. Most servers close theirs after 60 s or
  /// more.
  absl::Duration max_idle = absl::Seconds(30);
  /// A kept connection that was opened longer ago is not used again, so that trust is checked anew:
  /// a certificate is looked at when a connection is opened only. Counted in whole seconds, at
  /// least 2.
  absl::Duration max_connection_life = absl::Minutes(10);
  /// With one, it resolves the upstream's name, and `egress` is not asked.
  std::optional<Proxy> proxy = std::nullopt;
  LocalEnd local_end = {};
  /// Asked about each address to which a name leads, in the instant in which a socket is opened to
  /// it. Not about an address that is written in the base URL, nor about the proxy's.
  EgressPolicy egress = {};

  /// Whom sockets are opened to, and whether that is an address already.
  const std::string& peer_host() const { return proxy ? proxy->at.host : host; }
  int peer_port() const { return proxy ? proxy->at.port : port; }
  bool peer_is_address() const { return proxy ? proxy->at.host_is_address : host_is_address; }
};

/// Sockets opened and closed towards one upstream. A name with several addresses may open more than
/// one to connect. One that is given up while it connects is counted as closed late, at
/// the end of the loop at the latest.
struct ConnectionCounts {
  std::atomic<uint64_t> opened{0};
  std::atomic<uint64_t> closed{0};
};

}  // namespace gw::http
