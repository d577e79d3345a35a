// Randomness as a parameter.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace gw {

/// A source of random bits. Thread safety: all functions may be called from any thread.
class Random {
 public:
  virtual ~Random() = default;
  /// 64 bits, each equally likely 0 or 1.
  virtual uint64_t Next() = 0;
};

/// The system's generator (getrandom(2)), fit for ids that must be unique and for keys. Lives
/// forever.
Random& SystemRandom();

/// A UUID of version 7 (RFC 9562, section 5.7): ids sort by `now`, to the millisecond.
std::string MakeUuid(Random& random, absl::Time now);

}  // namespace gw
