#include "service/base/clock.h"

#include <ctime>

#include "absl/time/clock.h"

namespace gw {
namespace {

class MachineClock : public Clock {
 public:
  Instant Now() override { return Read(CLOCK_MONOTONIC); }
  Instant BootNow() override { return Read(CLOCK_BOOTTIME); }
  absl::Time WallNow() override { return absl::Now(); }

 private:
  static Instant Read(clockid_t which) {
    timespec ts;
    clock_gettime(which, &ts);
    return Instant::FromNanos(ts.tv_sec * int64_t{1'000'000'000} + ts.tv_nsec);
  }
};

}  // namespace

Clock& SystemClock() {
  static MachineClock* const clock = new MachineClock;
  return *clock;
}

}  // namespace gw
