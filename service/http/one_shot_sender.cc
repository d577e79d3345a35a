#include "service/http/one_shot_sender.h"

#include <memory>
#include <mutex>
#include <utility>
#include <variant>

#include "service/base/patient.h"

namespace gw::http {
namespace {

// The one decision that matters, made once: did it leave, or was it called off?
class Departure {
 public:
  /// In the last instant before the first byte. False: called off, or `in_time` says that it is too
  /// late.
  bool Leave(bool in_time) {
    std::lock_guard lock(mutex_);
    if (state_ == State::kWaiting) state_ = in_time ? State::kLeft : State::kTooLate;
    return state_ == State::kLeft;
  }
  /// True: called off, nothing leaves any more.
  bool CallOff() {
    std::lock_guard lock(mutex_);
    if (state_ == State::kWaiting) state_ = State::kCalledOff;
    return state_ != State::kLeft;
  }
  bool left() {
    std::lock_guard lock(mutex_);
    return state_ == State::kLeft;
  }
  bool too_late() {
    std::lock_guard lock(mutex_);
    return state_ == State::kTooLate;
  }

 private:
  enum class State { kWaiting, kLeft, kCalledOff, kTooLate };
  std::mutex mutex_;
  State state_ = State::kWaiting;
};

struct Sending {
  Departure departure;
  std::stop_source stop;  // of the request, as long as it has not left
};

constexpr char kTooLittleTime[] = "too little time was left to send it";

}  // namespace

void OneShotSender::Send(Request request, Instant deadline, const std::stop_token& cancel,
                         Completion done, absl::AnyInvocable<void(const Outcome&)> late) {
  const auto in_time = [clock = &clock_, deadline, min_time = options_.min_time] {
    return deadline - clock->Now() >= min_time;
  };
  if (!in_time()) {
    return std::move(done)(
        TransportError{ErrorKind::kDeadline, Phase::kNotConnected, kTooLittleTime});
  }

  auto sending = std::make_shared<Sending>();
  auto patient = Patient<Outcome>::Wait(
      std::move(done), deadline, cancel, timer_, [sending](GaveUp why) -> Outcome {
        const auto kind = why == GaveUp::kDeadline ? ErrorKind::kDeadline : ErrorKind::kCancelled;
        if (!sending->departure.CallOff()) {
          return TransportError{kind, Phase::kWritten, "it has left and goes on"};
        }
        sending->stop.request_stop();
        return TransportError{kind, Phase::kNotConnected, "called off"};
      });

  request.one_shot = true;
  request.max_idle = options_.max_idle;
  request.deadline = Instant::Never();
  request.start_by = deadline - options_.min_time;
  request.cancel = sending->stop.get_token();
  request.before_send = [sending, in_time, may_leave = std::move(request.before_send)] {
    if (may_leave && !may_leave()) return false;
    return sending->departure.Leave(in_time());
  };
  transport_.Start(
      std::move(request), [patient, sending, late = std::move(late)](Outcome outcome) mutable {
        if (sending->departure.too_late()) {
          outcome = TransportError{ErrorKind::kDeadline, Phase::kConnected, kTooLittleTime};
        }
        auto waiting = patient->Take();
        if (waiting) return std::move(*waiting)(std::move(outcome));
        if (sending->departure.left()) late(outcome);
      });
}

}  // namespace gw::http
