#include "service/http/tls_watch.h"

namespace gw::http {
namespace {

using Shared = std::shared_ptr<TlsWatch::Alerts>;

void FreeAlerts(void*, void* alerts, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Shared*>(alerts);
}

int AlertsIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &FreeAlerts);
  return index;
}

Shared* AlertsOf(const SSL* ssl) {
  return static_cast<Shared*>(SSL_get_ex_data(ssl, AlertsIndex()));
}

void OnEvent(const SSL* ssl, int where, int alert) {
  if (where != SSL_CB_READ_ALERT) return;
  TlsWatch::Alerts& alerts = **AlertsOf(ssl);
  if ((alert & 0xff) == SSL_AD_CLOSE_NOTIFY) alerts.close_notify = true;
  if (alert >> 8 == SSL3_AL_FATAL) alerts.fatal = true;
}

}  // namespace

void TlsWatch::Attach(CURL* easy) {
  ssl_ = nullptr;
  alerts_.reset();
  const curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session);
  if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL) return;
  ssl_ = static_cast<SSL*>(session->internals);
  if (ssl_ == nullptr) return;
  Shared* alerts = AlertsOf(ssl_);
  if (alerts == nullptr) {
    alerts = new Shared(std::make_shared<Alerts>());
    SSL_set_ex_data(ssl_, AlertsIndex(), alerts);
    SSL_set_info_callback(ssl_, &OnEvent);
  }
  alerts_ = *alerts;
}

bool TlsWatch::HasUnreadBytes() const { return ssl_ != nullptr && SSL_pending(ssl_) > 0; }

}  // namespace gw::http
