// How far an upstream's clock is from ours.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/http/transport.h"

namespace gw::http {

/// By how much an upstream's clock is ahead of ours at least, below zero: behind, when an answer
/// with that `Date` was asked for and came at those times of ours; zero: the two may be the same.
/// Thread safety: pure.
absl::Duration UpstreamAhead(absl::Time date, absl::Time asked, absl::Time answered);

/// A decorator that compares the `Date` of answers with the time at which they came, once a second
/// at most. An upstream that checks the timestamp of what it is asked refuses everything when the
/// two are too far apart: more than kTolerated is warned of in the log, once and then every kPause
/// for as long as it lasts. Answers from somebody's cache (`Age`) say nothing. Thread safety: any
/// thread.
class ClockSkewTransport : public Transport {
 public:
  static constexpr absl::Duration kTolerated = absl::Seconds(30);
  static constexpr absl::Duration kPause = absl::Minutes(10);

  /// References outlive it. `upstream` as in metadata and metrics.
  ClockSkewTransport(Transport& inner, std::string upstream, Clock& clock)
      : inner_(inner), upstream_(std::move(upstream)), clock_(clock) {}

  void Start(Request request, Completion done) override;

  /// By how many seconds the clocks differ at least, whichever is ahead; below 0: no answer has
  /// said so yet.
  double SecondsApart() const { return seconds_apart_; }

 private:
  void Look(const Response& response, absl::Time asked, const observe::CallRecord* record);
  void Warn(absl::Duration ahead, const observe::CallRecord* record);

  Transport& inner_;
  const std::string upstream_;
  Clock& clock_;
  std::atomic<double> seconds_apart_{-1};
  std::atomic<int64_t> look_again_{0};  // both of the monotonic clock, in nanoseconds
  std::atomic<int64_t> warn_again_{0};
};

}  // namespace gw::http
