#include "service/observe/history.h"

#include <algorithm>
#include <cmath>

namespace gw::observe {
namespace {

constexpr double kShortestSeconds = 1e-4;
constexpr double kStepsToADoubling = 4;

int64_t MinuteOf(Instant at) { return at.nanos() / absl::ToInt64Nanoseconds(absl::Minutes(1)); }

}  // namespace

History::History(Clock& clock) : clock_(clock) {}

int History::BucketOf(absl::Duration took) {
  const double steps =
      std::ceil(std::log2(absl::ToDoubleSeconds(took) / kShortestSeconds) * kStepsToADoubling);
  return steps > 0 ? static_cast<int>(std::min(steps, kTimes - 1.0)) : 0;
}

void History::Add(Ended ended, absl::Duration took, Instant now) {
  const int64_t minute = MinuteOf(now);
  std::lock_guard lock(mutex_);
  Slot& slot = slots_[static_cast<size_t>(minute % kMinutes)];
  if (slot.minute != minute) {
    slot = {};
    slot.minute = minute;
  }
  ++slot.counts[static_cast<size_t>(ended)];
  if (took != absl::InfiniteDuration()) ++slot.times[static_cast<size_t>(BucketOf(took))];
}

absl::Duration History::Percentile(const Slot& slot, double part) {
  uint64_t total = 0;
  for (const uint32_t count : slot.times) total += count;
  if (total == 0) return absl::ZeroDuration();
  const auto rank = static_cast<uint64_t>(std::ceil(part * static_cast<double>(total)));
  uint64_t seen = 0;
  size_t bucket = 0;
  while ((seen += slot.times[bucket]) < rank) ++bucket;
  return absl::Seconds(kShortestSeconds *
                       std::exp2(static_cast<double>(bucket) / kStepsToADoubling));
}

std::vector<History::Minute> History::LastHour() const {
  const int64_t now = MinuteOf(clock_.Now());
  std::vector<Minute> hour(kMinutes);
  std::lock_guard lock(mutex_);
  for (int i = 0; i < kMinutes; ++i) {
    const int64_t minute = now - (kMinutes - 1 - i);
    if (minute < 0) continue;
    const Slot& slot = slots_[static_cast<size_t>(minute % kMinutes)];
    if (slot.minute != minute) continue;
    hour[static_cast<size_t>(i)] = {slot.counts, Percentile(slot, 0.5), Percentile(slot, 0.99)};
  }
  return hour;
}

}  // namespace gw::observe
