// A hash that is the same in every process, where no secret is at stake.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace gw {

/// FNV-1a of 64 bits, of a sequence of numbers and texts. absl::Hash differs between processes.
/// Thread safety: a value.
class Fnv {
 public:
  void Add(uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) Byte(static_cast<uint8_t>(number >> shift));
  }
  void Add(absl::string_view text) {
    Add(text.size());
    for (const char c : text) Byte(static_cast<uint8_t>(c));
  }
  uint64_t value() const { return value_; }

 private:
  void Byte(uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
  uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace gw
