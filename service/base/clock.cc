#include "service/base/clock.h"

#include <ctime>

#include "absl/time/clock.h"

namespace gw {
namespace {

class MachineClock : public Clock {
 public:
  Instant Now() override {
    timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return Instant::FromNanos(ts.tv_sec * int64_t{1'000'000'000} + ts.tv_nsec);
  }
  absl::Time WallNow() override { return absl::Now(); }
};

}  // namespace

Clock& SystemClock() {
  static MachineClock* const clock = new MachineClock;
  return *clock;
}

}  // namespace gw
