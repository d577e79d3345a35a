#include "service/keys/server_certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/keys/small_file.h"

namespace gw::keys {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 20;

template <auto free>
struct FreeBy {
  template <class T>
  void operator()(T* held) const {
    free(held);
  }
};
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;

absl::Status Refuse(absl::string_view name, const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", path, ": ", why));
}

absl::StatusOr<Secret> Read(absl::string_view name, const std::string& path) {
  auto content = ReadSmallFile(path, kMaxFileBytes);
  if (content.ok()) return content;
  return absl::Status(content.status().code(),
                      absl::StrCat(name, ": ", content.status().message()));
}

Bio Over(absl::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string Written(BIO* memory) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<size_t>(size));
}

// All certificates of a file. Empty: there is one that cannot be read, or none.
std::vector<Certificate> ParseAll(absl::string_view pem) {
  std::vector<Certificate> all;
  const Bio bio = Over(pem);
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) all.emplace_back(one);
  const bool at_the_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_the_end) all.clear();
  return all;
}

std::string PemOf(const std::vector<Certificate>& all) {
  const Bio out(BIO_new(BIO_s_mem()));
  for (const Certificate& one : all) PEM_write_bio_X509(out.get(), one.get());
  return Written(out.get());
}

// No passphrase, and nobody is asked for one on a terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

Key ParseKey(absl::string_view pem) {
  const Bio bio = Over(pem);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, nullptr));
  ERR_clear_error();
  return key;
}

Secret PemOf(const Key& key) {
  const Bio out(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return Secret(Written(out.get()));
}

absl::Time TimeOf(const ASN1_TIME* at) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(at, &parts) != 1) return absl::InfinitePast();
  return absl::FromUnixSeconds(timegm(&parts));
}

constexpr absl::string_view kNoCertificate =
    "has no certificate, or one that cannot be read; it must hold PEM (BEGIN CERTIFICATE)";

}  // namespace

absl::StatusOr<ServerCertificate> ReadServerCertificate(const ServerCertificateFiles& files) {
  const auto chain_text = Read("cert_file", files.cert_file);
  if (!chain_text.ok()) return chain_text.status();
  const auto key_text = Read("key_file", files.key_file);
  if (!key_text.ok()) return key_text.status();

  const std::vector<Certificate> chain = ParseAll(chain_text->Reveal());
  if (chain.empty()) return Refuse("cert_file", files.cert_file, kNoCertificate);
  const Key key = ParseKey(key_text->Reveal());
  if (key == nullptr) {
    return Refuse("key_file", files.key_file,
                  "has no private key that can be read; it must hold one in PEM, without a "
                  "passphrase (BEGIN PRIVATE KEY)");
  }
  const bool belongs = X509_check_private_key(chain.front().get(), key.get()) == 1;
  ERR_clear_error();
  if (!belongs) {
    return Refuse("key_file", files.key_file,
                  "is not the key of the first certificate in cert_file; change both together");
  }
  ServerCertificate read{PemOf(chain), PemOf(key), "",
                         TimeOf(X509_get0_notBefore(chain.front().get())),
                         TimeOf(X509_get0_notAfter(chain.front().get()))};
  if (files.client_ca_file.empty()) return read;

  const auto ca_text = Read("client_ca_file", files.client_ca_file);
  if (!ca_text.ok()) return ca_text.status();
  const std::vector<Certificate> ca = ParseAll(ca_text->Reveal());
  if (ca.empty()) return Refuse("client_ca_file", files.client_ca_file, kNoCertificate);
  read.caller_ca = PemOf(ca);
  return read;
}

}  // namespace gw::keys
