#include "tests/sandbox/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstdlib>
#include <memory>

namespace sandbox {
namespace {

using Mac = std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string SignatureOf(const SignedValues& values, const std::string& key) {
  std::string message;
  for (const auto& [name, value] : values) {
    if (!message.empty()) message += '?';
    message.append(name).append("=").append(value);
  }
  const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free);
  const MacContext context(EVP_MAC_CTX_new(mac.get()), &EVP_MAC_CTX_free);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                                   OSSL_PARAM_construct_end()};
  std::array<unsigned char, 32> hash{};
  std::size_t size = 0;
  const bool made = EVP_MAC_init(context.get(), Bytes(key), key.size(), parameters) == 1 &&
                    EVP_MAC_update(context.get(), Bytes(message), message.size()) == 1 &&
                    EVP_MAC_final(context.get(), hash.data(), &size, hash.size()) == 1;
  if (!made || size != hash.size()) std::abort();  // no OpenSSL that is of any use
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : hash) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

bool IsSame(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sandbox
