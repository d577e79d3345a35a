// A TLS handshake that is looked at: what a peer shows of itself, and what is wrong with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/http/socket_wait.h"
#include "service/http/upstream_options.h"

namespace gw::http {

enum class TlsEnd {
  kDone,             ///< Whatever the certificate is worth.
  kVersionRefused,   ///< The peer speaks no version that we accept.
  kRefused,          ///< One side refused something else of what the other offered.
  kNotTls,           ///< What answers speaks another protocol.
  kBrokenOff,        ///< The peer closed or reset the connection.
  kTimedOut,         ///< The wait ended.
  kTrustUnreadable,  ///< The file of trusted certificates cannot be read; nothing was sent.
  kFailed,           ///< Out of memory.
};

/// Why the engine would not accept a certificate.
enum class TlsFlaw {
  kExpired,        ///< Its time, or that of one that vouches for it, is over.
  kNotYetValid,    ///< Likewise, or this machine's clock is behind.
  kOtherName,      ///< It is for another host.
  kUnknownIssuer,  ///< Nobody who is trusted vouches for it.
  kOther,          ///< See TlsSeen::other_flaw.
};

/// Texts that the peer wrote are printable ASCII, at most kMaxText characters each.
struct TlsSeen {
  static constexpr size_t kMaxText = 100;
  static constexpr size_t kMaxNames = 4;

  TlsEnd end = TlsEnd::kFailed;
  std::string version;  ///< `TLSv1.3`
  /// Of the peer's own certificate; empty and unset when it showed none.
  std::string issuer;  ///< `R11 (Let's Encrypt)`
  std::vector<std::string> names;
  std::optional<absl::Time> valid_until;
  /// In the order in which they were found, each once; none: the engine accepts it.
  std::vector<TlsFlaw> flaws;
  std::string other_flaw;  ///< in OpenSSL's words

  bool Accepted() const { return end == TlsEnd::kDone && flaws.empty(); }
};

/// Makes a handshake with the trust, the minimum version and the name that `upstream` has for the
/// engine. The verification is recorded, not enforced, so nothing but the handshake is sent: no
/// request and no credential. Blocks until it is done or the wait ends; `socket` is connected and
/// non-blocking, and stays open. SIGPIPE is ignored in this process. Thread safety: any thread.
TlsSeen ProbeTls(int socket, const UpstreamOptions& upstream, SocketWait& wait);

}  // namespace gw::http
