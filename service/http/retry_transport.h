// Sends a request again when that may end better.
#pragma once

#include <cstdint>
#include <memory>

#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/timer.h"
#include "service/http/retry_policy.h"
#include "service/http/transport.h"

namespace gw::http {

/// A decorator: the outermost one, so that what waits to be sent again holds no place under the
/// limit, and above authentication, so that every send is signed anew.
///
/// What a retry cannot help is passed on as it is. Of what it could, the last failure is, with
/// `stopped_because`: `max_attempts`; `budget`; `deadline`, the next send would come too late for
/// the caller; `retry_after`, the upstream asks for more time than Options::max_backoff;
/// `circuit_open` and `overloaded`, our side refused the next send of which nothing had left, and
/// the failure is that of the one before; `shutting_down`.
///
/// A request that was lost with a kept connection is sent again at once, on a new one, once, and
/// without asking the budget. When an earlier send may have been executed the outcome says so: an
/// answer is `repeated`, an error's phase at least kWritten. The wait before a retry ends with the
/// caller's cancel. `Retry-After` is written down in every answer, repeated or not.
///
/// Thread safety: all functions may be called from any thread.
class RetryTransport : public Transport {
 public:
  struct Options {
    int max_attempts = 3;
    absl::Duration initial_backoff = absl::Milliseconds(100);
    absl::Duration max_backoff = absl::Seconds(2);
    int budget_percent = 20;
  };

  /// All references outlive it, and `inner` every request that it passed on.
  RetryTransport(Transport& inner, const Options& options, Clock& clock, Timer& timer,
                 Random& random);
  /// Stops.
  ~RetryTransport() override;

  void Start(Request request, Completion done) override;

  /// From now on nothing is sent again: those who wait for it are told the failure that they have.
  /// When it returns nothing reaches `inner` any more but what is started. Not to be called by a
  /// completion.
  void Stop();

  /// How many sends that have ended were second or later ones.
  uint64_t retries() const;
  /// Requests whose completion has not returned yet.
  int active() const;

 private:
  struct Sending;
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace gw::http
