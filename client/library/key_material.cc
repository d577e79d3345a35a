#include "client/library/key_material.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace concero {
namespace {

struct Free {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

absl::Status Wrong(absl::string_view option, const std::string& file, absl::string_view why) {
  ERR_clear_error();  // else it stays for whoever uses OpenSSL next on this thread
  return absl::InvalidArgumentError(absl::StrCat("tls.", option, ": ", file, ": ", why));
}

absl::StatusOr<std::string> Read(absl::string_view option, const std::string& path) {
  const Owned<std::FILE> file(std::fopen(path.c_str(), "rb"));
  if (!file) return Wrong(option, path, absl::StrCat("cannot be read: ", std::strerror(errno)));
  std::string text;
  char part[4096];
  while (const size_t size = std::fread(part, 1, sizeof part, file.get())) text.append(part, size);
  if (std::ferror(file.get()) != 0) {
    return Wrong(option, path, absl::StrCat("cannot be read: ", std::strerror(errno)));
  }
  return text;
}

Owned<BIO> Over(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// The first one of a file.
Owned<X509> CertificateOf(const std::string& pem) {
  return Owned<X509>(PEM_read_bio_X509(Over(pem).get(), nullptr, nullptr, nullptr));
}

// Without asking anybody for a password.
int NoPassword(char*, int, int, void*) { return -1; }

Owned<EVP_PKEY> KeyOf(const std::string& pem) {
  return Owned<EVP_PKEY>(PEM_read_bio_PrivateKey(Over(pem).get(), nullptr, &NoPassword, nullptr));
}

}  // namespace

absl::StatusOr<KeyMaterial> ReadKeyMaterial(const TlsOptions& options) {
  if (options.ca_file.empty()) return absl::InvalidArgumentError("tls.ca_file: is required");
  if (options.cert_file.empty() != options.key_file.empty()) {
    return absl::InvalidArgumentError(options.key_file.empty()
                                          ? "tls.key_file: is required with tls.cert_file"
                                          : "tls.cert_file: is required with tls.key_file");
  }
  KeyMaterial material;
  auto ca = Read("ca_file", options.ca_file);
  if (!ca.ok()) return ca.status();
  if (!CertificateOf(*ca)) {
    return Wrong("ca_file", options.ca_file, "has no certificate in PEM");
  }
  material.ca = *std::move(ca);
  if (options.cert_file.empty()) return material;

  auto certificates = Read("cert_file", options.cert_file);
  if (!certificates.ok()) return certificates.status();
  auto key_text = Read("key_file", options.key_file);
  if (!key_text.ok()) return key_text.status();
  const auto certificate = CertificateOf(*certificates);
  if (!certificate) return Wrong("cert_file", options.cert_file, "has no certificate in PEM");
  const auto key = KeyOf(*key_text);
  if (!key)
    return Wrong("key_file", options.key_file, "has no private key in PEM without password");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Wrong("key_file", options.key_file,
                 absl::StrCat("does not belong to the certificate of ", options.cert_file));
  }
  material.certificates = *std::move(certificates);
  material.key = *std::move(key_text);
  return material;
}

}  // namespace concero
