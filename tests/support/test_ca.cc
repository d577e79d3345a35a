#include "tests/support/test_ca.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace gw::testing {
namespace {

// Nothing here fails but for lack of memory, and no test goes on without it.
void Must(bool done) {
  if (!done) std::abort();
}

std::shared_ptr<EVP_PKEY> NewKey() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void AddExtension(X509* x509, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, x509, x509, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Must(extension != nullptr && X509_add_ext(x509, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// Signed by `issuer`, or by itself when there is none.
Certificate Make(const CertificateSpec& spec, bool is_ca, const Certificate* issuer) {
  const Certificate made{{X509_new(), X509_free}, NewKey()};
  X509* const x509 = made.x509.get();
  Must(x509 != nullptr && made.key != nullptr);
  X509_set_version(x509, X509_VERSION_3);
  uint32_t serial = 0;
  Must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), spec.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(x509), spec.valid_until);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(x509, X509_get_subject_name(issuer ? issuer->x509.get() : x509));
  X509_set_pubkey(x509, made.key.get());
  AddExtension(x509, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  if (!is_ca) AddExtension(x509, NID_subject_alt_name, spec.alternative_names);
  Must(X509_sign(x509, issuer ? issuer->key.get() : made.key.get(), EVP_sha256()) > 0);
  return made;
}

// Each authority has a name of its own, so that trust in one is no clue about another.
std::string NextCaName() {
  uint32_t random = 0;
  Must(RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random) == 1);
  return absl::StrCat("canary-issuer-", random);
}

// What `write` writes into a BIO.
template <class Write>
std::string Written(Write write) {
  BIO* const memory = BIO_new(BIO_s_mem());
  Must(memory != nullptr && write(memory) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  std::string pem(text, static_cast<size_t>(size));
  BIO_free(memory);
  return pem;
}

}  // namespace

std::string Certificate::Pem() const {
  return Written([this](BIO* to) { return PEM_write_bio_X509(to, x509.get()); });
}

std::string Certificate::KeyPem() const {
  return Written([this](BIO* to) {
    return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

TestCa::TestCa() : root_(Make({"", NextCaName()}, true, nullptr)) {}

Certificate TestCa::Issue(const CertificateSpec& spec) const { return Make(spec, false, &root_); }

std::string TestCa::CrlPem() const {
  const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> crl(X509_CRL_new(), &X509_CRL_free);
  Must(crl != nullptr);
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(root_.x509.get()));
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> now(X509_gmtime_adj(nullptr, 0),
                                                                  &ASN1_TIME_free);
  X509_CRL_set1_lastUpdate(crl.get(), now.get());
  X509_CRL_set1_nextUpdate(crl.get(), now.get());
  Must(X509_CRL_sign(crl.get(), root_.key.get(), EVP_sha256()) > 0);
  return Written([&](BIO* to) { return PEM_write_bio_X509_CRL(to, crl.get()); });
}

Certificate SelfSigned(const CertificateSpec& spec) { return Make(spec, false, nullptr); }

std::shared_ptr<SSL_CTX> ServerContext(const TlsOptions& options) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  Must(context != nullptr);
  Must(SSL_CTX_use_certificate(context.get(), options.certificate.x509.get()) == 1);
  Must(SSL_CTX_use_PrivateKey(context.get(), options.certificate.key.get()) == 1);
  SSL_CTX_set_max_proto_version(context.get(), options.max_version);
  if (options.requires_client_certificate) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace gw::testing
