#include "service/base/secret.h"

#include <openssl/sha.h>

#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"

namespace gw {
namespace {

void WipeString(std::string& s) {
  s.resize(s.capacity());  // short strings keep a tail in the same buffer
  explicit_bzero(s.data(), s.size());
  s.clear();
}

}  // namespace

Secret::Secret(std::string&& value) : value_(value) { WipeString(value); }
Secret::Secret(const Secret& other) = default;
Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    Wipe();
    value_ = other.value_;
  }
  return *this;
}
// A copy: the source of a move may keep its bytes.
// NOLINTNEXTLINE(performance-move-constructor-init)
Secret::Secret(Secret&& other) noexcept : value_(other.value_) { other.Wipe(); }
Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    value_ = other.value_;
    other.Wipe();
  }
  return *this;
}
Secret::~Secret() { Wipe(); }

void Secret::Wipe() { WipeString(value_); }

std::string Secret::Fingerprint() const {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(value_.data()), value_.size(), digest.data());
  return absl::StrFormat("%02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3]);
}

}  // namespace gw
