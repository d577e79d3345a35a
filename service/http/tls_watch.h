// What libcurl 7.88 does not tell of a TLS connection: whether the peer announced its end or broke
// it off, and bytes that wait decrypted.
#pragma once

#include <curl/curl.h>
#include <openssl/ssl.h>

#include <memory>

namespace gw::http {

/// Thread safety: none; of the loop's thread.
class TlsWatch {
 public:
  /// To be called with a transfer whose connection is ready, before the request is written. Without
  /// TLS there is nothing to watch, and the functions below say no.
  void Attach(CURL* easy);

  /// Bytes of the peer's wait inside the TLS library, where no look at the socket finds them.
  /// Only while the connection lives.
  bool HasUnreadBytes() const;
  /// The connection ended, or may end at any moment, without the peer having said so: what was read
  /// may be a part. Also after the connection is gone.
  bool EndIsUnannounced() const { return alerts_ != nullptr && !alerts_->close_notify; }
  /// The peer has ended the connection by an error of the protocol's, such as a certificate that it
  /// misses. Also after the connection is gone.
  bool PeerRefused() const { return alerts_ != nullptr && alerts_->fatal; }

  /// What the peer has said.
  struct Alerts {
    bool close_notify = false;
    bool fatal = false;
  };

 private:
  SSL* ssl_ = nullptr;
  std::shared_ptr<const Alerts> alerts_;  // shared with the connection
};

}  // namespace gw::http
