// Rules that fields of requests are held to, and the failure that names those that break them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/base/failure.h"

namespace gw {

/// Gathers what is wrong with a request. Descriptions say what is expected and never repeat a
/// value. Thread safety: none.
class Violations {
 public:
  /// `field` is the name in the proto.
  void Add(absl::string_view field, absl::string_view description);
  /// An id is above 0.
  void ExpectId(absl::string_view field, int64_t id);
  /// OK, or INVALID_ARGUMENT, INVALID_FIELD with one violation per bad field.
  absl::Status Result() const;

 private:
  std::vector<FieldViolation> list_;
};

/// The longest address, in octets (RFC 5321, section 4.5.3.1.3, less the angle brackets).
inline constexpr size_t kMaxEmail = 254;

// Thread safety: pure functions. `text` is UTF-8.

/// Whether `text` is an address as RFC 5321 (4.1.2) writes one, in short: a dot-atom, also with
/// UTF-8 (RFC 6531), an `@`, and a host name with at least one letter; at most 64 octets before the
/// `@` and kMaxEmail in all.
bool IsEmail(absl::string_view text);

/// Whether `text` has one of Unicode's control characters, C1 included (U+0085 is a line break).
bool HasControls(absl::string_view text);

/// Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool IsUtf8(absl::string_view bytes);

/// The length of `text` in characters.
size_t Characters(absl::string_view text);

}  // namespace gw
