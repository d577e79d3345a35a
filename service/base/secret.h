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

  /// Eight hexadecimal digits by which two secrets can be told apart in a log, and nothing else.
  std::string Fingerprint() const;

 private:
  void Wipe();
  std::string value_;
};

}  // namespace gw
