#include "tests/sandbox/tls_context.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/x509err.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <vector>

namespace sandbox {
namespace {

// "" or why `file` cannot be read, which OpenSSL says in riddles.
std::string Unreadable(const std::string& file) {
  std::ifstream stream(file);
  if (stream && (stream.peek(), !stream.bad())) return "";
  return "cannot read " + file + ": " + std::generic_category().message(errno);
}

}  // namespace

TlsContext::TlsContext() : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  // Thousands of waiting connections would each keep 32 KiB of buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // OpenSSL would ask the terminal for a passphrase.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
}

std::string TlsContext::Load(const std::string& cert_file, const std::string& key_file) {
  SSL_CTX* const context = context_.get();
  if (const auto why = Unreadable(cert_file); !why.empty()) return "--tls-cert: " + why;
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
    return "--tls-cert: no certificate in PEM form in " + cert_file;
  }
  if (const auto why = Unreadable(key_file); !why.empty()) return "--tls-key: " + why;
  ERR_clear_error();
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    // A key of the certificate's own kind is compared with it at once, one of another kind below.
    const auto error = ERR_peek_last_error();
    if (ERR_GET_LIB(error) == ERR_LIB_X509 && ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH) {
      return "--tls-key: does not fit the certificate in " + cert_file;
    }
    return "--tls-key: no private key in PEM form without a passphrase in " + key_file;
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return "--tls-key: does not fit the certificate in " + cert_file;
  }
  return "";
}

void TlsContext::CapAtTls12() { SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION); }

bufferevent* TlsContext::Accept(event_base* base, evutil_socket_t socket) const {
  SSL* const ssl = SSL_new(context_.get());
  if (ssl == nullptr) return nullptr;
  bufferevent* const events = bufferevent_openssl_socket_new(
      base, socket, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
  if (events == nullptr) SSL_free(ssl);
  return events;
}

bool TakeDecrypted(bufferevent* events) {
  SSL* const ssl = bufferevent_openssl_get_ssl(events);
  if (ssl == nullptr || SSL_pending(ssl) == 0) return false;
  std::vector<char> bytes(static_cast<std::size_t>(SSL_pending(ssl)));
  const int size = SSL_read(ssl, bytes.data(), static_cast<int>(bytes.size()));
  if (size <= 0) return false;
  evbuffer_add(bufferevent_get_input(events), bytes.data(), static_cast<std::size_t>(size));
  return true;
}

void SendCloseNotify(bufferevent* events) {
  SSL* const ssl = bufferevent_openssl_get_ssl(events);
  if (ssl == nullptr || !SSL_is_init_finished(ssl)) return;
  SSL_shutdown(ssl);
  ERR_clear_error();  // of a peer that has left; what is in the queue confuses the next connection
}

}  // namespace sandbox
