// What stands in the log for an e-mail address.
#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "service/base/random.h"
#include "service/base/secret.h"

namespace gw::observe {

/// The shortest key, in bytes, that a hash should have.
inline constexpr size_t kMinHashKeyBytes = 16;

/// 32 random bytes.
Secret RandomHashKey(Random& random);

/// HMAC-SHA256 by a secret key, of which the first 16 hexadecimal digits are shown: the same
/// address is told from others, and cannot be found by trying addresses without the key.
/// Thread safety: all functions may be called from any thread.
class KeyedHash {
 public:
  /// `key` is not empty.
  explicit KeyedHash(const Secret& key);
  ~KeyedHash();

  /// The same for an address with blanks around it, and whatever the case of its ASCII letters.
  std::string OfEmail(absl::string_view email) const;

  /// The same for the same bytes only.
  std::string Of(absl::string_view text) const;

  /// `text`, or its hash when it may be an address: when it has an `@`, also as `%40`.
  std::string InsteadOfEmail(absl::string_view text) const;

 private:
  struct Hmac;
  std::unique_ptr<Hmac> hmac_;
};

}  // namespace gw::observe
