#include "service/base/secret.h"

#include <cstring>
#include <utility>

#include "absl/hash/hash.h"
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
  // absl::Hash is seeded per process, so the print is of no use to guess the value elsewhere.
  return absl::StrFormat("%08x", static_cast<uint32_t>(absl::HashOf(value_)));
}

}  // namespace gw
