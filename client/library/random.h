// The kernel's randomness.
// Thread safety: all functions may be called from any thread.
#pragma once

#include <cstdint>
#include <string>

namespace concero {

/// 64 random bits (getrandom(2)).
uint64_t RandomBits();

/// A UUID of version 4 (RFC 9562, section 5.4) with these 128 bits, less the six that are fixed.
std::string UuidOf(uint64_t high, uint64_t low);

}  // namespace concero
