// Whether to send again, when, and whether we may: three objects without a clock or a thread.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/rolling_window.h"
#include "service/http/transport.h"

namespace gw::http {

/// Whether sending `request` once more may end better than `outcome`, and can do no harm: no
/// connection, a lost one, no descriptor left, a timeout of the upstream's, 408, 429 and every 5xx.
/// A one-shot only when it had no connection yet. What the upstream refused, what cannot be read,
/// what TLS, the egress policy or a proxy forbids, and what ended by the caller's will or our own
/// limits, is not repeated. Thread safety: pure.
bool MayEndBetter(const Request& request, const Outcome& outcome);

/// Whether a lost connection was a kept one, which may have been closed before the request came: it
/// says nothing of the upstream, and sending again at once, on a new one, is no retry that anybody
/// would have to be spared. libcurl does the same by itself, but for one-shots. Thread safety:
/// pure.
bool WasLostWithAKeptConnection(const Outcome& outcome);

/// When: exponential, with full jitter. Thread safety: that of its Random.
class Backoff {
 public:
  /// 0 <= `initial` <= `max`.
  Backoff(absl::Duration initial, absl::Duration max, Random& random)
      : initial_(initial), max_(max), random_(random) {}

  /// How long to wait before the `retry`th retry, counted from 1: between nothing and `initial`,
  /// twice that for each further one, `max` at most.
  absl::Duration Delay(int retry) const;
  /// How long to wait when the upstream asked for `retry_after`: that long, and up to `initial`
  /// more so that not all come back together.
  absl::Duration DelayAfter(absl::Duration retry_after) const;

  absl::Duration max() const { return max_; }

 private:
  absl::Duration Jitter(absl::Duration up_to) const;

  const absl::Duration initial_;
  const absl::Duration max_;
  Random& random_;
};

/// Whether we may: retries are at most so many percent of the requests of the last kWindow, and
/// kFloor besides, so that an outage is not answered with a multiple of the load. Thread safety:
/// none.
class RetryBudget {
 public:
  static constexpr absl::Duration kWindow = absl::Seconds(10);
  static constexpr int64_t kFloor = 20;

  explicit RetryBudget(int percent) : percent_(percent) {}

  /// A request was sent for the first time, and not refused by our own limits.
  void Sent(Instant now) { window_.Add(now, kRequests); }
  /// Takes a retry. False: none is left.
  bool Take(Instant now);

 private:
  enum Counter { kRequests, kRetries, kCounters };
  const int percent_;
  RollingWindow<kCounters> window_{kWindow};
};

}  // namespace gw::http
