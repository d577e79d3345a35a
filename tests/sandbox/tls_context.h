// The certificate, the key and the protocol versions with which connections are served over TLS.
//
// Thread safety: none.
#pragma once

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace sandbox {

class TlsContext {
 public:
  // TLS 1.2 and 1.3.
  TlsContext();

  // Takes the chain in `cert_file` and the key in `key_file`, both PEM, the key without a
  // passphrase. Returns "" or one line that begins with the flag that is wrong.
  std::string Load(const std::string& cert_file, const std::string& key_file);
  // Nothing above TLS 1.2.
  void CapAtTls12();

  // Serves `socket`, which the result owns; nullptr, with the socket still open, when memory is
  // short. An event BEV_EVENT_CONNECTED tells the end of the handshake.
  bufferevent* Accept(event_base* base, evutil_socket_t socket) const;

 private:
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
};

// Moves to the input of `events` what its TLS has decrypted already, and says whether there was
// any; false when it is not TLS. Needed when the input was full once: libevent goes on reading when
// more comes from the peer, and does not look at what it had left there.
bool TakeDecrypted(bufferevent* events);

// Tells the peer that nothing more will be sent, so that it can tell an end from a broken
// connection; nothing when `events` is not TLS or its handshake is not done.
void SendCloseNotify(bufferevent* events);

}  // namespace sandbox
