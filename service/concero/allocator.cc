#include "service/concero/allocator.h"

#include <mutex>
#include <stop_token>
#include <utility>

#include "service/base/failure.h"
#include "service/base/patient.h"
#include "service/concero/client.h"
#include "service/observe/call_record.h"

namespace gw::concero {
namespace {

using Answer = absl::StatusOr<AllocationAnswer>;

absl::Status NothingSent(GaveUp why) {
  Failure failure;
  failure.metadata = {{"upstream", Traits().name}};
  if (why == GaveUp::kCancelled) {
    failure.reason = Reason::kCancelled;
    return MakeFailure(absl::StatusCode::kCancelled, "cancelled by the caller; nothing was sent",
                       failure);
  }
  failure.reason = Reason::kDeadlineExceeded;
  return MakeFailure(absl::StatusCode::kDeadlineExceeded,
                     "the deadline leaves too little time to send an allocation; nothing was sent",
                     failure);
}

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

 private:
  enum class State { kWaiting, kLeft, kCalledOff, kTooLate };
  std::mutex mutex_;
  State state_ = State::kWaiting;
};

struct Sending {
  Departure departure;
  std::stop_source stop;  // of the request, as long as it has not left
};

void LogLateOutcome(const AllocationOutcome& outcome, const observe::CallRecord* record) {
  observe::LogOf(record, observe::LogLevel::kWarn, "late_allocation_outcome",
                 {{"outcome", outcome.status.ok() ? absl::string_view("SUCCEEDED")
                                                  : ReasonName(GetFailure(outcome.status).reason)},
                  {"invite_id", outcome.answer.invite_id}});
}

}  // namespace

void Allocator::Allocate(int64_t examination_id, std::string candidate_email,
                         const CallContext& context, Once<Answer> done) {
  const auto in_time = [clock = &clock_, deadline = context.deadline,
                        min_time = options_.min_time] {
    return deadline - clock->Now() >= min_time;
  };
  if (!in_time()) return std::move(done)(NothingSent(GaveUp::kDeadline));

  auto sending = std::make_shared<Sending>();
  auto patient = Patient<Answer>::Wait(
      std::move(done), context.deadline, context.cancel, timer_, [sending](GaveUp why) -> Answer {
        if (!sending->departure.CallOff()) {
          return AllocationInDoubt("no answer has come back yet", 0);
        }
        sending->stop.request_stop();
        return NothingSent(why);
      });

  http::Request request = MakeRequest(http::Method::kPost, "/allocate-candidate",
                                      EncodeAllocation(examination_id, candidate_email));
  request.one_shot = true;
  request.max_idle = options_.max_idle;
  request.cancel = sending->stop.get_token();
  request.record = context.record;
  request.before_send = [sending, in_time] { return sending->departure.Leave(in_time()); };

  AllocationAsked asked{examination_id, "", options_.distrust_envelope};
  transport_.Start(std::move(request), [patient, sending, asked, email = std::move(candidate_email),
                                        record = context.record](http::Outcome outcome) mutable {
    const auto* error = std::get_if<http::TransportError>(&outcome);
    if (error != nullptr && error->kind == http::ErrorKind::kRefused) {
      patient->Complete(NothingSent(GaveUp::kDeadline));
      return;
    }
    asked.candidate_email = email;
    asked.record = record.get();
    AllocationOutcome judged = JudgeAllocation(outcome, asked);
    Answer answer = judged.status.ok() ? Answer(judged.answer) : Answer(judged.status);
    const bool told = patient->Complete(std::move(answer));
    if (!told && sending->departure.left()) LogLateOutcome(judged, record.get());
  });
}

}  // namespace gw::concero
