// A value that must not leak: a key, a token.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace gw {

/// Holds a secret. It cannot be printed or compared by accident: only Reveal gives it away, and
/// whoever calls that owns the copy's safety. Its memory is wiped when it is destroyed or
/// overwritten. Thread safety: a value.
class Secret {
 public:
  Secret() = default;
  /// Takes the value and wipes `value`'s own memory.
  explicit Secret(std::string&& value);
  Secret(const Secret& other);
  Secret& operator=(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// The value itself, for the one place that sends or signs. Valid as long as this object is
  /// unchanged.
  absl::string_view Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  /// The eight hexadecimal digits that its SHA-256 begins with: the same in every process, and what
  /// `printf %s KEY | sha256sum` prints first, so that people can tell which key is in use. Who
  /// guesses can check a guess with it: it is for keys that are too long to be guessed.
  std::string Fingerprint() const;

 private:
  void Wipe();
  std::string value_;
};

}  // namespace gw
