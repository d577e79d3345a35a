#include "service/observe/keyed_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>
#include <mutex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace gw::observe {
namespace {

constexpr size_t kShownBytes = 8;

// It fails for want of memory only, and nothing else may be shown for an address.
void Must(int done) {
  if (done != 1) std::abort();
}

}  // namespace

Secret RandomHashKey(Random& random) {
  std::string key;
  while (key.size() < 32) {
    const uint64_t bits = random.Next();
    key.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  }
  return Secret(std::move(key));
}

// Keyed once: whatever is hashed begins where the key ended.
struct KeyedHash::Hmac {
  std::mutex mutex;
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context{nullptr, EVP_MAC_CTX_free};
};

KeyedHash::KeyedHash(const Secret& key) : hmac_(std::make_unique<Hmac>()) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(
      EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free);
  hmac_->context.reset(EVP_MAC_CTX_new(mac.get()));
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  const absl::string_view bytes = key.Reveal();
  Must(EVP_MAC_init(hmac_->context.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), params));
}

KeyedHash::~KeyedHash() = default;

std::string KeyedHash::OfEmail(absl::string_view email) const {
  return Of(absl::AsciiStrToLower(absl::StripAsciiWhitespace(email)));
}

std::string KeyedHash::Of(absl::string_view text) const {
  unsigned char hash[EVP_MAX_MD_SIZE] = {};
  size_t size = 0;
  std::lock_guard lock(hmac_->mutex);
  EVP_MAC_CTX* const context = hmac_->context.get();
  Must(EVP_MAC_init(context, nullptr, 0, nullptr));
  Must(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(text.data()), text.size()));
  Must(EVP_MAC_final(context, hash, &size, sizeof hash));
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash), kShownBytes));
}

std::string KeyedHash::InsteadOfEmail(absl::string_view text) const {
  if (absl::StrContains(text, '@') || absl::StrContains(text, "%40")) return OfEmail(text);
  return std::string(text);
}

}  // namespace gw::observe
