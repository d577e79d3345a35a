// A completion whose owner may stop waiting: at a deadline, or when cancelled.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/base/timer.h"

namespace gw {

/// Why somebody stopped waiting.
enum class GaveUp { kDeadline, kCancelled };

/// Wraps a completion for the time of a wait. It runs once: with the result, or with what
/// `on_give_up` makes of the deadline or the cancel, whichever is first. Dropped before that, the
/// completion is told AbandonedValue<T>. Costs a timer entry, so it is for waits, not for every
/// call. Thread safety: Complete may be called from any thread.
template <class T>
class Patient : public std::enable_shared_from_this<Patient<T>> {
 public:
  /// `on_give_up` is called at most once, on the timer's or the cancelling thread, with no lock
  /// held, possibly before Wait returns. `timer` outlives the wait. Instant::Never() and a token
  /// without a source never end it.
  static std::shared_ptr<Patient> Wait(Once<T> done, Instant deadline,
                                       const std::stop_token& cancel, Timer& timer,
                                       absl::AnyInvocable<T(GaveUp)> on_give_up) {
    std::shared_ptr<Patient> patient(new Patient(std::move(done), timer, std::move(on_give_up)));
    if (!deadline.IsNever()) {
      patient->timer_id_ = timer.Schedule(deadline, [weak = patient->weak_from_this()] {
        if (const auto self = weak.lock()) self->GiveUp(GaveUp::kDeadline);
      });
    }
    if (cancel.stop_possible()) {
      patient->on_cancel_.emplace(cancel, CancelIt{patient->weak_from_this()});
    }
    return patient;
  }

  ~Patient() {
    if (const Timer::Id id = timer_id_) timer_.Cancel(id);
  }

  /// False: somebody stopped waiting before, and `value` goes nowhere.
  bool Complete(T value) {
    auto done = Take();
    if (!done) return false;
    std::move(done).value()(std::move(value));
    return true;
  }

  /// Ends the wait and gives the completion back, still to be run; none when somebody stopped
  /// waiting before.
  std::optional<Once<T>> Take() {
    if (ended_.exchange(true)) return std::nullopt;
    if (const Timer::Id id = timer_id_.exchange(0)) timer_.Cancel(id);
    return std::move(done_);
  }

  bool ended() const { return ended_; }

 private:
  struct CancelIt {
    std::weak_ptr<Patient> weak;
    void operator()() const {
      if (const auto self = weak.lock()) self->GiveUp(GaveUp::kCancelled);
    }
  };

  Patient(Once<T> done, Timer& timer, absl::AnyInvocable<T(GaveUp)> on_give_up)
      : done_(std::move(done)), timer_(timer), on_give_up_(std::move(on_give_up)) {}

  void GiveUp(GaveUp why) {
    if (ended_.exchange(true)) return;
    std::move(done_)(on_give_up_(why));
  }

  std::atomic<bool> ended_{false};
  Once<T> done_;
  Timer& timer_;
  std::atomic<Timer::Id> timer_id_{0};
  absl::AnyInvocable<T(GaveUp)> on_give_up_;
  std::optional<std::stop_callback<CancelIt>> on_cancel_;
};

}  // namespace gw
