// Time as a parameter: whoever needs it is handed a Clock, so that tests own it.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace gw {

/// An instant of the monotonic clock, to the nanosecond. Means nothing outside this process.
/// Arithmetic saturates: Instant::Never() plus or minus any duration stays Never().
/// Thread safety: a value.
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant FromNanos(int64_t nanos) { return Instant(nanos); }
  /// Later than every other instant; as a deadline: none.
  static constexpr Instant Never() { return Instant(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t nanos() const { return nanos_; }
  constexpr bool IsNever() const { return nanos_ == std::numeric_limits<int64_t>::max(); }
  constexpr auto operator<=>(const Instant&) const = default;

  friend Instant operator+(Instant at, absl::Duration d) {
    if (at.IsNever() || d == absl::InfiniteDuration()) return Never();
    return Instant(absl::ToInt64Nanoseconds(absl::Nanoseconds(at.nanos_) + d));
  }
  friend Instant operator-(Instant at, absl::Duration d) { return at + -d; }
  friend absl::Duration operator-(Instant a, Instant b) {
    if (a.IsNever()) return absl::InfiniteDuration();
    if (b.IsNever()) return -absl::InfiniteDuration();
    return absl::Nanoseconds(a.nanos_ - b.nanos_);
  }

 private:
  explicit constexpr Instant(int64_t nanos) : nanos_(nanos) {}
  int64_t nanos_ = 0;
};

/// Tells the time. Thread safety: all functions may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// For deadlines, intervals and ages; never goes back.
  virtual Instant Now() = 0;
  /// As Now, but goes on while the machine sleeps, so that a promise to others that ends by their
  /// clock can be kept. The two are not to be compared.
  virtual Instant BootNow() { return Now(); }
  /// For what people and other systems read; may jump.
  virtual absl::Time WallNow() = 0;
};

/// The machine's clocks (CLOCK_MONOTONIC, CLOCK_BOOTTIME and CLOCK_REALTIME). Lives forever.
Clock& SystemClock();

}  // namespace gw
