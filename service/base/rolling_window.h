// How often something happened of late.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "service/base/clock.h"

namespace gw {

/// Counts of `kCounters` things over the last `span`, which moves on in tenths: what is counted is
/// forgotten between nine tenths and the whole of it later. Thread safety: none; a value.
template <size_t kCounters>
class RollingWindow {
 public:
  using Counts = std::array<int64_t, kCounters>;

  /// `span` is positive.
  explicit RollingWindow(absl::Duration span)
      : tenth_((absl::ToInt64Nanoseconds(span) + kSlots - 1) / kSlots) {}

  /// One more of `counter`. A `now` that goes back counts as the latest.
  void Add(Instant now, size_t counter) {
    MoveTo(now);
    ++slots_[static_cast<size_t>(at_ % kSlots)][counter];
    ++sums_[counter];
  }

  const Counts& Sums(Instant now) {
    MoveTo(now);
    return sums_;
  }

  void Clear() {
    slots_ = {};
    sums_ = {};
  }

 private:
  static constexpr int64_t kSlots = 10;

  void MoveTo(Instant now) {
    const int64_t to = now.nanos() / tenth_;
    if (to - at_ >= kSlots) {
      Clear();
      at_ = to;
    }
    while (at_ < to) {
      Counts& oldest = slots_[static_cast<size_t>(++at_ % kSlots)];
      for (size_t i = 0; i < kCounters; ++i) sums_[i] -= oldest[i];
      oldest = {};
    }
  }

  const int64_t tenth_;  // in nanoseconds
  int64_t at_ = 0;       // the number of the tenth that it is
  std::array<Counts, kSlots> slots_{};
  Counts sums_{};
};

}  // namespace gw
