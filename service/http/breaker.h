// Leaves a failing upstream alone: when to stop asking it, and when to try again.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/rolling_window.h"
#include "service/http/transport.h"

namespace gw::http {

/// What an outcome says of the upstream to its breaker.
enum class BreakerVerdict { kGood, kBad, kSaysNothing };

/// Bad is what shows that the upstream cannot do its work: no address or connection, a lost
/// connection, its timeout, an answer that is not HTTP or over its cap, any 5xx, and no answer to a
/// caller who waited for it (`took`) for `patience`, whatever their deadline. Every other answer is
/// good: it lives, whatever it thinks of the request (404, 429, 401). Nothing say TLS, which is a
/// matter of configuration; a kept connection that was closed; and what ended by the caller's will
/// or our own limits. Thread safety: pure.
BreakerVerdict JudgeForBreaker(const Outcome& outcome, absl::Duration took,
                               absl::Duration patience);

/// Closed: all may pass. When of at least `min_calls` verdicts of the last `window`
/// `failure_percent` are bad it opens, and nobody passes for `open_for`. Then it is half open: one
/// request at a time passes as a probe. A good one closes it, with nothing counted; a bad one opens
/// it again. Verdicts on what had passed before its last change do not count. Thread safety: none;
/// a value that is told the time.
class Breaker {
 public:
  struct Options {
    absl::Duration window = absl::Seconds(30);
    int min_calls = 20;
    int failure_percent = 50;
    absl::Duration open_for = absl::Seconds(5);
    /// For JudgeForBreaker.
    absl::Duration patience = absl::Seconds(3);
  };
  enum class State { kClosed = 0, kOpen = 1, kHalfOpen = 2 };

  /// The right to pass; to be given back by Leave.
  struct Pass {
    uint64_t era = 0;
    bool probe = false;
  };

  explicit Breaker(const Options& options) : options_(options), window_(options.window) {}

  State state(Instant now) const;

  /// When Enter would give no pass: after which time to ask again, more than nothing. Else none.
  std::optional<absl::Duration> Refusal(Instant now) const;

  /// A pass, or none.
  std::optional<Pass> Enter(Instant now);
  void Leave(Instant now, const Pass& pass, BreakerVerdict verdict);

 private:
  enum Counter { kGoodOnes, kBadOnes, kCounters };
  void Open(Instant now);
  void Close();

  const Options options_;
  RollingWindow<kCounters> window_;
  uint64_t era_ = 0;  // counts the changes
  bool open_ = false;
  Instant half_open_at_;  // while open
  bool probing_ = false;
};

/// `closed`, `open`, `half_open`. Lives forever.
absl::string_view BreakerStateName(Breaker::State state);

}  // namespace gw::http
