#include "service/observe/keyed_hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace gw::observe {
namespace {

constexpr size_t kShownBytes = 8;

}  // namespace

Secret RandomHashKey(Random& random) {
  std::string key;
  while (key.size() < 32) {
    const uint64_t bits = random.Next();
    key.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  }
  return Secret(std::move(key));
}

KeyedHash::KeyedHash(Secret key) : key_(std::move(key)) {}

std::string KeyedHash::OfEmail(absl::string_view email) const {
  return Of(absl::AsciiStrToLower(absl::StripAsciiWhitespace(email)));
}

std::string KeyedHash::Of(absl::string_view text) const {
  const absl::string_view key = key_.Reveal();
  unsigned char hash[EVP_MAX_MD_SIZE] = {};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash, nullptr);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash), kShownBytes));
}

std::string KeyedHash::InsteadOfEmail(absl::string_view text) const {
  if (absl::StrContains(text, '@') || absl::StrContains(text, "%40")) return OfEmail(text);
  return std::string(text);
}

}  // namespace gw::observe
