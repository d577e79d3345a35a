#include "service/http/tls_probe.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/http/curl_ca_bundle.h"

namespace gw::http {
namespace {

std::string Printable(absl::string_view text) {
  std::string printable(text.substr(0, TlsSeen::kMaxText));
  std::replace_if(
      printable.begin(), printable.end(), [](char c) { return !absl::ascii_isprint(c); }, '?');
  return printable;
}

TlsFlaw FlawOf(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return TlsFlaw::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TlsFlaw::kNotYetValid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return TlsFlaw::kOtherName;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return TlsFlaw::kUnknownIssuer;
    default:
      return TlsFlaw::kOther;
  }
}

// Called for each thing that is wrong; 1 lets the verification go on to the next.
int NoteFlaw(int ok, X509_STORE_CTX* context) {
  if (ok == 1) return 1;
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& seen = *static_cast<TlsSeen*>(SSL_get_ex_data(ssl, 0));
  const int error = X509_STORE_CTX_get_error(context);
  const TlsFlaw flaw = FlawOf(error);
  if (std::find(seen.flaws.begin(), seen.flaws.end(), flaw) == seen.flaws.end()) {
    seen.flaws.push_back(flaw);
  }
  if (flaw == TlsFlaw::kOther) seen.other_flaw = X509_verify_cert_error_string(error);
  return 1;
}

TlsEnd EndOf(int ssl_error) {
  if (ssl_error != SSL_ERROR_SSL) return TlsEnd::kBrokenOff;
  switch (ERR_GET_REASON(ERR_peek_error())) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return TlsEnd::kVersionRefused;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_BAD_RECORD_TYPE:
      return TlsEnd::kNotTls;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return TlsEnd::kBrokenOff;
    default:
      return TlsEnd::kRefused;
  }
}

TlsEnd Handshake(SSL* ssl, int socket, SocketWait& wait) {
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl);
    if (result == 1) return TlsEnd::kDone;
    const int error = SSL_get_error(ssl, result);
    const bool wants = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    if (!wants) return EndOf(error);
    if (!wait.Await(socket, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT)) {
      return TlsEnd::kTimedOut;
    }
  }
}

std::string EntryOf(const X509_NAME* name, int kind) {
  const int at = X509_NAME_get_index_by_NID(const_cast<X509_NAME*>(name), kind, -1);
  if (at < 0) return "";
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return "";
  std::string entry = Printable({reinterpret_cast<const char*>(text), static_cast<size_t>(size)});
  OPENSSL_free(text);
  return entry;
}

std::string IssuerOf(const X509* certificate) {
  const X509_NAME* const name = X509_get_issuer_name(certificate);
  const std::string common = EntryOf(name, NID_commonName);
  const std::string organization = EntryOf(name, NID_organizationName);
  if (common.empty() || organization.empty()) return common + organization;
  return Printable(absl::StrCat(common, " (", organization, ")"));
}

std::string TextOf(const GENERAL_NAME* name) {
  int kind = 0;
  const auto* value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &kind));
  const unsigned char* const bytes = ASN1_STRING_get0_data(value);
  const auto size = static_cast<size_t>(ASN1_STRING_length(value));
  if (kind == GEN_DNS) return Printable({reinterpret_cast<const char*>(bytes), size});
  char text[INET6_ADDRSTRLEN] = "";
  if (size == 4) inet_ntop(AF_INET, bytes, &text[0], sizeof text);
  if (size == 16) inet_ntop(AF_INET6, bytes, &text[0], sizeof text);
  return &text[0];
}

std::vector<std::string> NamesOf(const X509* certificate) {
  std::vector<std::string> texts;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    if (texts.size() == TlsSeen::kMaxNames) break;
    texts.push_back(TextOf(name));
  }
  return texts;
}

std::optional<absl::Time> TimeOf(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return absl::FromTM(parts, absl::UTCTimeZone());
}

bool Trust(SSL_CTX* context, const std::string& ca_file) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  // As libcurl has it.
  X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  const std::string path = ca_file.empty() ? SystemCaBundle() : ca_file;
  return X509_STORE_load_file(store, path.c_str()) == 1;
}

bool ExpectName(SSL* ssl, const UpstreamOptions& upstream) {
  const char* const host = upstream.host.c_str();
  if (upstream.host_is_address) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

}  // namespace

TlsSeen ProbeTls(int socket, const UpstreamOptions& upstream, SocketWait& wait) {
  TlsSeen seen;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  if (context == nullptr) return seen;
  if (!Trust(context.get(), upstream.ca_file)) {
    ERR_clear_error();
    seen.end = TlsEnd::kTrustUnreadable;
    return seen;
  }
  SSL_CTX_set_min_proto_version(context.get(),
                                upstream.require_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, &NoteFlaw);

  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
  if (ssl == nullptr || SSL_set_ex_data(ssl.get(), 0, &seen) != 1 ||
      !ExpectName(ssl.get(), upstream) || SSL_set_fd(ssl.get(), socket) != 1) {
    return seen;
  }
  seen.end = Handshake(ssl.get(), socket, wait);
  ERR_clear_error();
  if (seen.end != TlsEnd::kDone) return seen;
  seen.version = SSL_get_version(ssl.get());
  const X509* const certificate = SSL_get0_peer_certificate(ssl.get());
  if (certificate == nullptr) return seen;
  seen.issuer = IssuerOf(certificate);
  seen.names = NamesOf(certificate);
  seen.valid_until = TimeOf(X509_get0_notAfter(certificate));
  return seen;
}

}  // namespace gw::http
