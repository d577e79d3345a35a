// What all requests to one upstream have in common.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace gw::http {

struct UpstreamOptions {
  /// `https://host:port/path`, without a slash at the end; Request::target is appended.
  std::string base_url;
  std::string host;
  int port = 443;
  /// False: `host` is a name, to be resolved before the transfer starts.
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
};

/// Sockets opened and closed towards one upstream. A name with several addresses may open more than
/// one to connect. One that is given up while it connects is counted as closed late, at
/// the end of the loop at the latest.
struct ConnectionCounts {
  std::atomic<uint64_t> opened{0};
  std::atomic<uint64_t> closed{0};
};

}  // namespace gw::http
