#include "service/http/limited_transport.h"

#include <algorithm>
#include <array>
#include <list>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "service/base/patient.h"

namespace gw::http {
namespace {

using Kind = Admission::Kind;

Kind KindOf(const Request& request) {
  return request.one_shot ? Admission::kOneShot : Admission::kRepeatable;
}

Instant UsefulUntil(const Request& request) { return std::min(request.deadline, request.start_by); }

size_t BytesOf(const Request& request) {
  size_t bytes = request.target.size() + request.body.size();
  for (const Header& header : request.headers) bytes += header.name.size() + header.value.size();
  for (const Parameter& parameter : request.parameters) {
    bytes += sizeof parameter + parameter.name.size();
    if (const auto* text = std::get_if<std::string>(&parameter.value)) bytes += text->size();
  }
  return bytes;
}

// How long an answer took, where the outcome says so.
std::optional<absl::Duration> TimeOf(const Outcome& outcome, absl::Duration took) {
  const auto* error = std::get_if<TransportError>(&outcome);
  if (error == nullptr || error->kind == ErrorKind::kTimeout) return took;
  return std::nullopt;
}

Outcome NothingSent(ErrorKind kind, std::string detail = "") {
  return TransportError{kind, Phase::kNotConnected, std::move(detail)};
}

}  // namespace

struct LimitedTransport::State : std::enable_shared_from_this<State> {
  struct Waiting {
    explicit Waiting(Kind k) : kind(k) {}
    const Kind kind;
    Request request;
    HeldBytes held;
    std::shared_ptr<Patient<Outcome>> patient;  // null until its maker is done with it
    std::list<std::shared_ptr<Waiting>>::iterator at;
    bool queued = true;
    bool has_turn = false;  // it came while the patient was being made
  };
  using WaitingPtr = std::shared_ptr<Waiting>;
  using Lock = std::unique_lock<std::mutex>;

  State(Transport& i, Admission::Limits limits, ByteBudget& m, Clock& c, Timer& t)
      : inner(i), memory(m), clock(c), timer(t), admission(limits) {}

  void Start(Request request, Completion done) {
    HeldBytes held;
    if (!held.Grow(memory, BytesOf(request))) {
      return std::move(done)(NothingSent(ErrorKind::kMemory, "too much is held by other calls"));
    }
    const Kind kind = KindOf(request);
    const Instant deadline = UsefulUntil(request);
    WaitingPtr waiting;
    Admission::Answer answer;
    {
      Lock lock(mutex);
      answer = admission.Arrive(kind, clock.Now(), deadline);
      if (answer == Admission::Answer::kWait) {
        waiting = std::make_shared<Waiting>(kind);
        auto& queue = queues[kind];
        waiting->at = queue.insert(queue.end(), waiting);
      }
    }
    switch (answer) {
      case Admission::Answer::kGo:
        return Forward(std::move(request), std::move(held), std::move(done));
      case Admission::Answer::kRefuse:
        return std::move(done)(NothingSent(ErrorKind::kOverloaded));
      case Admission::Answer::kWait:
        return Wait(waiting, std::move(request), std::move(held), std::move(done));
    }
  }

  void Wait(const WaitingPtr& waiting, Request request, HeldBytes held, Completion done) {
    auto patient = Patient<Outcome>::Wait(
        std::move(done), request.deadline, request.cancel, timer,
        [self = weak_from_this(), weak = std::weak_ptr(waiting)](GaveUp why) -> Outcome {
          const auto state = self.lock();
          const auto entry = weak.lock();
          if (state && entry) state->Remove(*entry);
          return NothingSent(
              why == GaveUp::kDeadline ? ErrorKind::kDeadline : ErrorKind::kCancelled,
              "while waiting for a turn");
        });
    Lock lock(mutex);
    waiting->request = std::move(request);
    waiting->held = std::move(held);
    waiting->patient = std::move(patient);
    if (waiting->has_turn) TakeTurn(waiting, lock);
    StartWaiting(lock);
  }

  void Remove(Waiting& waiting) {
    WaitingPtr dropped;  // destroyed after the lock
    Lock lock(mutex);
    if (!std::exchange(waiting.queued, false)) return;
    dropped = std::move(*waiting.at);
    queues[waiting.kind].erase(waiting.at);
    admission.Leave(waiting.kind, clock.Now());
  }

  // Starts what waits as long as there is room. One thread at a time; a loop rather than a
  // recursion, because requests of a stopped transport complete within Start.
  void StartWaiting(Lock& lock) {
    if (std::exchange(starting, true)) return;
    while (const auto kind = admission.Next(clock.Now())) {
      WaitingPtr next = std::move(queues[*kind].front());
      queues[*kind].pop_front();
      next->queued = false;
      next->has_turn = true;
      if (next->patient != nullptr) TakeTurn(std::move(next), lock);
    }
    starting = false;
  }

  // Lets go of the lock meanwhile, also to let go of what waited.
  void TakeTurn(WaitingPtr waiting, Lock& lock) {
    const Kind kind = waiting->kind;
    const bool too_late = admission.IsTooLate(kind, clock.Now(), UsefulUntil(waiting->request));
    lock.unlock();
    auto done = waiting->patient->Take();
    const bool goes = done && !too_late;
    if (goes) {
      Forward(std::move(waiting->request), std::move(waiting->held), *std::move(done));
    } else if (done) {
      std::move (*done)(NothingSent(ErrorKind::kDeadline, "its turn came too late"));
    }
    waiting.reset();
    lock.lock();
    if (!goes) admission.Done(kind, std::nullopt);
  }

  void Forward(Request request, HeldBytes held, Completion done) {
    const Kind kind = KindOf(request);
    inner.Start(std::move(request),
                [self = shared_from_this(), kind, began = clock.Now(), held = std::move(held),
                 done = std::move(done)](Outcome outcome) mutable {
                  const auto took = TimeOf(outcome, self->clock.Now() - began);
                  {
                    Lock lock(self->mutex);
                    self->admission.Done(kind, took);
                    self->StartWaiting(lock);
                  }
                  std::move(done)(std::move(outcome));
                });
  }

  Transport& inner;
  ByteBudget& memory;
  Clock& clock;
  Timer& timer;
  std::mutex mutex;
  Admission admission;
  std::array<std::list<WaitingPtr>, Admission::kKinds> queues;
  bool starting = false;
};

LimitedTransport::LimitedTransport(Transport& inner, Admission::Limits limits, ByteBudget& memory,
                                   Clock& clock, Timer& timer)
    : state_(std::make_shared<State>(inner, limits, memory, clock, timer)) {}

LimitedTransport::~LimitedTransport() {
  std::list<State::WaitingPtr> left;
  {
    std::lock_guard lock(state_->mutex);
    for (auto& queue : state_->queues) left.splice(left.end(), queue);
    for (auto& waiting : left) {
      waiting->queued = false;
      state_->admission.Leave(waiting->kind, state_->clock.Now());
    }
  }
  for (auto& waiting : left) {
    if (waiting->patient) waiting->patient->Complete(NothingSent(ErrorKind::kShutdown));
  }
}

bool LimitedTransport::WouldRefuseOneShot(Instant start_by, size_t ahead) const {
  std::lock_guard lock(state_->mutex);
  return state_->admission.WouldRefuse(Admission::kOneShot, state_->clock.Now(), start_by, ahead);
}

void LimitedTransport::Start(Request request, Completion done) {
  state_->Start(std::move(request), std::move(done));
}

}  // namespace gw::http
