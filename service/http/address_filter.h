// Which of the addresses that a transfer comes across may be connected to.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "service/http/upstream_options.h"

namespace gw::http {

/// Asks UpstreamOptions::egress where a name of the upstream's leads, and remembers what was
/// refused. An address that is written in the base URL, and those of a proxy, are their own
/// permission. Thread safety: none; of the loop's thread.
class AddressFilter {
 public:
  /// `options` outlives it.
  explicit AddressFilter(const UpstreamOptions& options) : options_(options) {}

  /// Those that may be handed to libcurl: it takes half of the time that is left before it turns
  /// from an address to which no socket is opened to the next. One with a zone (`fe80::1%eth0`) it
  /// cannot read, and would use none of them.
  std::vector<std::string> PermittedOf(const std::vector<std::string>& addresses);
  /// The last word: whether a socket may be opened.
  bool MayOpen(const sockaddr& to);

  /// A socket was wanted for what is not permitted.
  bool turned_away() const { return turned_away_; }
  /// What was refused, for the log: the name, and the addresses with what they are for. Empty:
  /// nothing was.
  std::string Refused() const;

 private:
  bool Permits(const IpAddress& address);

  const UpstreamOptions& options_;
  std::vector<std::string> refused_;
  bool turned_away_ = false;
};

}  // namespace gw::http
