#include "service/base/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace gw {
namespace {

// Asked for by the handful, as each time is a system call. What was given away is not kept.
class KernelRandom : public Random {
 public:
  uint64_t Next() override {
    thread_local std::array<uint64_t, 32> waiting;
    thread_local size_t left = 0;
    if (left == 0) {
      Fill(waiting.data(), sizeof waiting);
      left = waiting.size();
    }
    return std::exchange(waiting[--left], 0);
  }

 private:
  static void Fill(void* bytes, size_t size) {
    // Requests of up to 256 bytes are never cut short (getrandom(2)); EINTR is possible before the
    // pool is ready.
    while (getrandom(bytes, size, 0) != static_cast<ssize_t>(size)) {
      if (errno != EINTR) std::abort();
    }
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
