// What was seen in each minute of the last hour: how often, how it ended, how long it took.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "service/base/clock.h"

namespace gw::observe {

/// For people who look at a page; what is to be kept longer is in metrics. Thread safety: all
/// functions may be called from any thread.
class History {
 public:
  static constexpr int kMinutes = 60;
  enum class Ended {
    kWell,
    kRefused,  ///< Whoever was asked did not want to.
    kFailed,   ///< Whoever was asked could not.
  };
  static constexpr size_t kEnds = 3;

  /// `clock` outlives it.
  explicit History(Clock& clock);

  void Add(Ended ended) { Add(ended, absl::InfiniteDuration()); }
  /// An infinite `took` is not among the times.
  void Add(Ended ended, absl::Duration took) { Add(ended, took, clock_.Now()); }
  /// The same for who knows the time, by the same clock.
  void Add(Ended ended, absl::Duration took, Instant now);

  struct Minute {
    std::array<int64_t, kEnds> counts{};  ///< by Ended
    /// What half of them, and all but one in a hundred, did not take longer than; to a fifth, and
    /// never less, up to 176 s: what took longer is told as that. Zero: none of them took time.
    absl::Duration p50, p99;

    int64_t of(Ended ended) const { return counts[static_cast<size_t>(ended)]; }
    int64_t total() const { return counts[0] + counts[1] + counts[2]; }
  };
  /// kMinutes of them, oldest first; the last has begun and is not over.
  std::vector<Minute> LastHour() const;

 private:
  // Four to each doubling, from 0.1 ms to 176 s; the last has what took longer.
  static constexpr int kTimes = 84;
  struct Slot {
    int64_t minute = -1;
    std::array<int64_t, kEnds> counts{};
    std::array<uint32_t, kTimes> times{};
  };

  static int BucketOf(absl::Duration took);
  static absl::Duration Percentile(const Slot& slot, double part);

  Clock& clock_;
  mutable std::mutex mutex_;
  std::array<Slot, kMinutes> slots_;  // by the minute's number, modulo
};

}  // namespace gw::observe
