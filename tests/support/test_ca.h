// Certificates made at run time, each with the property that a test is about.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace gw::testing {

/// In seconds.
inline constexpr long kDay = 86'400;

/// What a certificate says.
struct CertificateSpec {
  /// As in OpenSSL's configuration: `IP:127.0.0.1`, `DNS:upstream.test`.
  std::string alternative_names = "IP:127.0.0.1";
  std::string common_name = "canary-subject";
  /// Seconds from now.
  long valid_from = -3600;
  long valid_until = kDay;
};

/// A certificate and its private key. Thread safety: immutable.
struct Certificate {
  std::shared_ptr<X509> x509;
  std::shared_ptr<EVP_PKEY> key;
  /// The certificate alone, the key alone.
  std::string Pem() const;
  std::string KeyPem() const;
};

/// A certificate authority of this run. Thread safety: immutable.
class TestCa {
 public:
  TestCa();
  Certificate Issue(const CertificateSpec& spec = {}) const;
  std::string Pem() const { return root_.Pem(); }
  /// A list of revoked certificates, of none.
  std::string CrlPem() const;

 private:
  const Certificate root_;
};

/// A certificate that vouches for itself.
Certificate SelfSigned(const CertificateSpec& spec = {});

/// How a server speaks TLS.
struct TlsOptions {
  Certificate certificate;
  /// TLS1_2_VERSION or TLS1_3_VERSION.
  int max_version = TLS1_3_VERSION;
  bool requires_client_certificate = false;
};

std::shared_ptr<SSL_CTX> ServerContext(const TlsOptions& options);

}  // namespace gw::testing
