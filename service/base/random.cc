#include "service/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace gw {
namespace {

class KernelRandom : public Random {
 public:
  uint64_t Next() override {
    uint64_t bits;
    // Requests of up to 256 bytes are never cut short (getrandom(2)); EINTR is possible before the
    // pool is ready.
    while (getrandom(&bits, sizeof bits, 0) != sizeof bits) {
      if (errno != EINTR) std::abort();
    }
    return bits;
  }
};

}  // namespace

Random& SystemRandom() {
  static KernelRandom* const random = new KernelRandom;
  return *random;
}

std::string MakeUuid(Random& random, absl::Time now) {
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(now)) & 0xFFFFFFFFFFFF;
  const uint64_t high = (millis << 16) | 0x7000 | (random.Next() & 0x0FFF);
  const uint64_t low = (random.Next() & 0x3FFFFFFFFFFFFFFF) | 0x8000000000000000;
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(high >> 32),
                static_cast<unsigned>(high >> 16) & 0xFFFF, static_cast<unsigned>(high) & 0xFFFF,
                static_cast<unsigned>(low >> 48),
                static_cast<unsigned long long>(low & 0xFFFFFFFFFFFF));
  return text;
}

}  // namespace gw
