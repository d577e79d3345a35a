#include "service/http/limited_transport.h"

#include <list>
#include <mutex>
#include <utility>

#include "service/base/patient.h"

namespace gw::http {

struct LimitedTransport::State : std::enable_shared_from_this<State> {
  struct Waiting {
    Request request;
    std::shared_ptr<Patient<Outcome>> patient;
    std::list<std::shared_ptr<Waiting>>::iterator at;
    bool queued = false;
  };

  State(Transport& i, Limits l, Timer& t) : inner(i), limits(l), timer(t) {}

  void Start(Request request, Completion done) {
    {
      std::unique_lock lock(mutex);
      // Not past those who wait already.
      if (in_flight < limits.max_in_flight && queue.empty() && entering == 0) {
        ++in_flight;
        lock.unlock();
        return Forward(std::move(request), std::move(done));
      }
      if (queue.size() + entering >= limits.max_queued) {
        lock.unlock();
        return std::move(done)(TransportError{ErrorKind::kOverloaded, Phase::kNotConnected, ""});
      }
      ++entering;
    }
    Enqueue(std::move(request), std::move(done));
  }

  void Enqueue(Request request, Completion done) {
    auto waiting = std::make_shared<Waiting>();
    waiting->patient = Patient<Outcome>::Wait(
        std::move(done), request.deadline, request.cancel, timer,
        [self = weak_from_this(), weak = std::weak_ptr(waiting)](GaveUp why) -> Outcome {
          const auto state = self.lock();
          const auto entry = weak.lock();
          if (state && entry) state->Remove(*entry);
          return TransportError{
              why == GaveUp::kDeadline ? ErrorKind::kDeadline : ErrorKind::kCancelled,
              Phase::kNotConnected, "while waiting for a turn"};
        });
    waiting->request = std::move(request);
    std::unique_lock lock(mutex);
    --entering;
    // Given up already: then Remove ran, or will find nothing. From here on it finds the entry.
    if (waiting->patient->ended()) return StartWaiting(lock);
    waiting->at = queue.insert(queue.end(), waiting);
    waiting->queued = true;
    StartWaiting(lock);  // a place may have become free meanwhile
  }

  void Remove(Waiting& waiting) {
    std::shared_ptr<Waiting> dropped;  // destroyed after the lock
    std::lock_guard lock(mutex);
    if (!std::exchange(waiting.queued, false)) return;
    dropped = std::move(*waiting.at);
    queue.erase(waiting.at);
  }

  // Starts what waits as long as there is room. One thread at a time; a loop rather than a
  // recursion, because requests of a stopped transport complete within Start.
  void StartWaiting(std::unique_lock<std::mutex>& lock) {
    if (std::exchange(starting, true)) return;
    while (in_flight < limits.max_in_flight && !queue.empty()) {
      const std::shared_ptr<Waiting> next = std::move(queue.front());
      queue.pop_front();
      next->queued = false;
      ++in_flight;
      lock.unlock();
      if (auto done = next->patient->Take()) {
        Forward(std::move(next->request), *std::move(done));
        lock.lock();
      } else {
        lock.lock();
        --in_flight;
      }
    }
    starting = false;
  }

  void Forward(Request request, Completion done) {
    inner.Start(std::move(request),
                [self = shared_from_this(), done = std::move(done)](Outcome outcome) mutable {
                  {
                    std::unique_lock lock(self->mutex);
                    --self->in_flight;
                    self->StartWaiting(lock);
                  }
                  std::move(done)(std::move(outcome));
                });
  }

  Transport& inner;
  const Limits limits;
  Timer& timer;
  std::mutex mutex;
  size_t in_flight = 0;
  size_t entering = 0;  // on their way into the queue
  bool starting = false;
  std::list<std::shared_ptr<Waiting>> queue;
};

LimitedTransport::LimitedTransport(Transport& inner, Limits limits, Timer& timer)
    : state_(std::make_shared<State>(inner, limits, timer)) {}

LimitedTransport::~LimitedTransport() {
  std::list<std::shared_ptr<State::Waiting>> left;
  {
    std::lock_guard lock(state_->mutex);
    left.swap(state_->queue);
    for (auto& waiting : left) waiting->queued = false;
  }
  for (auto& waiting : left) {
    waiting->patient->Complete(TransportError{ErrorKind::kShutdown, Phase::kNotConnected, ""});
  }
}

void LimitedTransport::Start(Request request, Completion done) {
  state_->Start(std::move(request), std::move(done));
}

}  // namespace gw::http
