#include "service/http/tls_watch.h"

namespace gw::http {
namespace {

using Flag = std::shared_ptr<bool>;

void FreeFlag(void*, void* flag, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Flag*>(flag);
}

int FlagIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &FreeFlag);
  return index;
}

void OnEvent(const SSL* ssl, int where, int alert) {
  if (where != SSL_CB_READ_ALERT || (alert & 0xff) != SSL_AD_CLOSE_NOTIFY) return;
  **static_cast<Flag*>(SSL_get_ex_data(ssl, FlagIndex())) = true;
}

}  // namespace

void TlsWatch::Attach(CURL* easy) {
  ssl_ = nullptr;
  close_notify_.reset();
  const curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session);
  if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL) return;
  ssl_ = static_cast<SSL*>(session->internals);
  if (ssl_ == nullptr) return;
  auto* flag = static_cast<Flag*>(SSL_get_ex_data(ssl_, FlagIndex()));
  if (flag == nullptr) {
    flag = new Flag(std::make_shared<bool>(false));
    SSL_set_ex_data(ssl_, FlagIndex(), flag);
    SSL_set_info_callback(ssl_, &OnEvent);
  }
  close_notify_ = *flag;
}

bool TlsWatch::HasUnreadBytes() const { return ssl_ != nullptr && SSL_pending(ssl_) > 0; }

}  // namespace gw::http
