// Sends what may be sent once only, for callers who may stop waiting.
#pragma once

#include <stop_token>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/timer.h"
#include "service/http/transport.h"

namespace gw::http {

/// A one-shot has two lives. Until the instant its first byte may leave, the caller's deadline and
/// cancel end it and nothing was sent. From then on nobody can take it back: whoever stops waiting
/// is told so, while the request goes on, bound by the upstream's timeout alone.
/// Thread safety: Send may be called from any thread.
class OneShotSender {
 public:
  struct Options {
    /// A kept connection idle for longer is not used, see Request::max_idle.
    absl::Duration max_idle = absl::Seconds(2);
    /// Not sent when the caller's deadline is nearer than this.
    absl::Duration min_time = absl::Seconds(1);
  };

  /// All references outlive it and every request.
  OneShotSender(Transport& transport, Timer& timer, Clock& clock, Options options)
      : transport_(transport), timer_(timer), clock_(clock), options_(options) {}

  /// Sends `request`, whose deadline, cancel and one_shot are set here. `done` is told once: the
  /// outcome; kDeadline or kCancelled with nothing sent; or one of these two with phase kWritten,
  /// in which case it goes on and `late` is told how it ended.
  void Send(Request request, Instant deadline, const std::stop_token& cancel, Completion done,
            absl::AnyInvocable<void(const Outcome&)> late);

 private:
  Transport& transport_;
  Timer& timer_;
  Clock& clock_;
  const Options options_;
};

}  // namespace gw::http
