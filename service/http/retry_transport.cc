#include "service/http/retry_transport.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>
#include <variant>

#include "service/base/patient.h"
#include "service/http/retry_after.h"
#include "service/http/upstream_status.h"

namespace gw::http {
namespace {

// Whatever became of the last send, an earlier one may have been executed.
void MarkAsRepeated(Outcome& outcome) {
  if (auto* response = std::get_if<Response>(&outcome)) {
    response->repeated = true;
  } else {
    Phase& phase = std::get<TransportError>(outcome).phase;
    phase = std::max(phase, Phase::kWritten);
  }
}

Outcome StoppedBecause(Outcome outcome, absl::string_view why) {
  std::visit([&](auto& either) { either.stopped_because = why; }, outcome);
  return outcome;
}

// The failure of the send before one that our side refused, which may know when to come back.
Outcome RefusedAfter(Outcome failure, absl::string_view why, const Outcome& refusal) {
  const auto& retry_after = std::get<TransportError>(refusal).retry_after;
  if (retry_after) std::visit([&](auto& either) { either.retry_after = retry_after; }, failure);
  return StoppedBecause(std::move(failure), why);
}

std::optional<absl::Duration> RetryAfterOf(const Outcome& outcome) {
  const auto* response = std::get_if<Response>(&outcome);
  return response == nullptr ? std::nullopt : response->retry_after;
}

// Why our own side refused to send it; empty: it did not.
absl::string_view WhyRefusedByUs(const Outcome& outcome) {
  const auto* error = std::get_if<TransportError>(&outcome);
  if (error == nullptr || !error->NothingSent()) return "";
  switch (error->kind) {
    case ErrorKind::kCircuitOpen:
      return "circuit_open";
    case ErrorKind::kOverloaded:
    case ErrorKind::kMemory:
      return "overloaded";
    case ErrorKind::kShutdown:
      return "shutting_down";
    default:
      return "";
  }
}

}  // namespace

// One request, from its Start to the return of its completion.
struct RetryTransport::Sending {
  explicit Sending(std::shared_ptr<State> s);
  ~Sending();

  const std::shared_ptr<State> state;
  Request request;
  Completion done;
  int attempts = 0;
  bool may_have_left = false;      // an earlier send
  bool replaced = false;           // one that was lost with a kept connection
  bool on_new_connection = false;  // the next send
  std::optional<Outcome> failure;  // of the last send, when it is sent again
};

struct RetryTransport::State : std::enable_shared_from_this<State> {
  using SendingPtr = std::shared_ptr<Sending>;
  using PatientPtr = std::shared_ptr<Patient<Outcome>>;

  State(Transport& i, const Options& o, Clock& c, Timer& t, Random& random)
      : inner(i),
        max_attempts(o.max_attempts),
        backoff(o.initial_backoff, o.max_backoff, random),
        clock(c),
        timer(t),
        budget(o.budget_percent) {}

  void Start(Request request, Completion done) {
    auto sending = std::make_shared<Sending>(shared_from_this());
    sending->request = std::move(request);
    sending->done = std::move(done);
    Send(std::move(sending));
  }

  void Send(SendingPtr sending) {
    ++sending->attempts;
    Request request = sending->request;
    if (std::exchange(sending->on_new_connection, false)) {
      request.max_idle = absl::ZeroDuration();
    }
    inner.Start(std::move(request), [sending = std::move(sending)](Outcome outcome) mutable {
      State& state = *sending->state;
      state.OnOutcome(std::move(sending), std::move(outcome));
    });
  }

  void OnOutcome(SendingPtr sending, Outcome outcome) {
    if (auto* response = std::get_if<Response>(&outcome)) {
      response->retry_after = ParseRetryAfter(*response, clock.WallNow());
    }
    const absl::string_view refused = WhyRefusedByUs(outcome);
    if (auto failure = std::exchange(sending->failure, std::nullopt)) {
      if (!refused.empty()) {
        return End(*sending, RefusedAfter(*std::move(failure), refused, outcome));
      }
      ++retries;
    } else if (refused.empty()) {
      std::lock_guard lock(mutex);
      budget.Sent(clock.Now());
    }
    const Request& request = sending->request;
    if (!request.one_shot && !sending->replaced && WasLostWithAKeptConnection(outcome)) {
      return Replace(std::move(sending), std::move(outcome));
    }
    if (!MayEndBetter(request, outcome)) return End(*sending, std::move(outcome));
    absl::Duration delay;
    const absl::string_view why_not = WhyNot(*sending, outcome, delay);
    if (!why_not.empty()) return End(*sending, StoppedBecause(std::move(outcome), why_not));
    Wait(std::move(sending), std::move(outcome), delay);
  }

  // On a new connection, at once, and as the same attempt.
  void Replace(SendingPtr sending, Outcome failure) {
    sending->replaced = sending->on_new_connection = true;
    --sending->attempts;
    SendAgain(std::move(sending), std::move(failure));
  }

  void SendAgain(SendingPtr sending, Outcome failure) {
    sending->may_have_left |= MayHaveBeenExecuted(failure);
    sending->failure = std::move(failure);
    Send(std::move(sending));
  }

  // Empty: it is to be sent again, after `delay`, and the budget has been charged for it.
  absl::string_view WhyNot(const Sending& sending, const Outcome& outcome, absl::Duration& delay) {
    if (sending.attempts >= max_attempts) return "max_attempts";
    const auto retry_after = RetryAfterOf(outcome);
    if (retry_after && *retry_after > backoff.max()) return "retry_after";
    delay = retry_after ? backoff.DelayAfter(*retry_after) : backoff.Delay(sending.attempts);
    const Instant now = clock.Now();
    if (now + delay >= std::min(sending.request.deadline, sending.request.start_by)) {
      return "deadline";
    }
    std::lock_guard lock(mutex);
    return budget.Take(now) ? "" : "budget";
  }

  // Sending, while it waits to be sent again. Those that nobody has forgotten are kept by
  // `waiting`.
  struct Pause {
    SendingPtr sending;
    Outcome failure;
    PatientPtr patient;
  };
  using PausePtr = std::shared_ptr<Pause>;

  void Wait(SendingPtr sending, Outcome failure, absl::Duration delay) {
    const bool left = sending->may_have_left || MayHaveBeenExecuted(failure);
    auto pause = std::make_shared<Pause>(Pause{std::move(sending), std::move(failure), nullptr});
    Sending& s = *pause->sending;
    // The completion keeps what it completes until it has returned.
    pause->patient = Patient<Outcome>::Wait(
        [kept = pause->sending, done = std::move(s.done)](Outcome outcome) mutable {
          std::move(done)(std::move(outcome));
        },
        Instant::Never(), s.request.cancel, timer,
        [this, left, weak = std::weak_ptr(pause)](GaveUp) -> Outcome {
          if (const PausePtr given_up = weak.lock()) Forget(given_up);
          return TransportError{ErrorKind::kCancelled,
                                left ? Phase::kWritten : Phase::kNotConnected,
                                "while it waited to be sent again"};
        });
    bool stop;
    {
      std::lock_guard lock(mutex);
      stop = stopped;
      if (!stop && !pause->patient->ended()) waiting.insert(pause);
    }
    if (stop) return EndStopped(*pause);
    timer.Schedule(clock.Now() + delay, [weak = std::weak_ptr(pause)] {
      if (const PausePtr due = weak.lock()) due->sending->state->OnDue(due);
    });
  }

  void OnDue(const PausePtr& pause) {
    {
      std::lock_guard lock(mutex);
      // Else Stop has it, or whoever cancelled it.
      if (waiting.erase(pause) == 0) return;
      ++sending_again;
    }
    if (auto done = pause->patient->Take()) {
      pause->sending->done = *std::move(done);
      SendAgain(pause->sending, std::move(pause->failure));
    }
    std::lock_guard lock(mutex);
    if (--sending_again == 0) none_sent_again.notify_all();
  }

  void Forget(const PausePtr& pause) {
    std::lock_guard lock(mutex);
    waiting.erase(pause);
  }

  void Stop() {
    std::unordered_set<PausePtr> stop;
    {
      std::unique_lock lock(mutex);
      stopped = true;
      stop.swap(waiting);
      none_sent_again.wait(lock, [this] { return sending_again == 0; });
    }
    for (const PausePtr& pause : stop) EndStopped(*pause);
  }

  static void EndStopped(Pause& pause) {
    auto done = pause.patient->Take();
    if (!done) return;
    pause.sending->done = *std::move(done);
    End(*pause.sending, StoppedBecause(std::move(pause.failure), "shutting_down"));
  }

  static void End(Sending& sending, Outcome outcome) {
    if (sending.may_have_left) MarkAsRepeated(outcome);
    std::move(sending.done)(std::move(outcome));
  }

  Transport& inner;
  const int max_attempts;
  const Backoff backoff;
  Clock& clock;
  Timer& timer;
  std::atomic<uint64_t> retries{0};
  std::atomic<int> active{0};
  std::mutex mutex;
  RetryBudget budget;
  bool stopped = false;
  std::unordered_set<PausePtr> waiting;
  int sending_again = 0;  // timers that are just doing so
  std::condition_variable none_sent_again;
};

RetryTransport::Sending::Sending(std::shared_ptr<State> s) : state(std::move(s)) {
  ++state->active;
}
RetryTransport::Sending::~Sending() { --state->active; }

RetryTransport::RetryTransport(Transport& inner, const Options& options, Clock& clock, Timer& timer,
                               Random& random)
    : state_(std::make_shared<State>(inner, options, clock, timer, random)) {}

RetryTransport::~RetryTransport() { Stop(); }

void RetryTransport::Start(Request request, Completion done) {
  state_->Start(std::move(request), std::move(done));
}

void RetryTransport::Stop() { state_->Stop(); }

uint64_t RetryTransport::retries() const { return state_->retries; }

int RetryTransport::active() const { return state_->active; }

}  // namespace gw::http
