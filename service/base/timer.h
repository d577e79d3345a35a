// Callbacks at an instant, as a parameter.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>

#include "absl/functional/any_invocable.h"
#include "service/base/clock.h"

namespace gw {

/// Runs functions at given instants. Thread safety: all functions may be called from any thread.
class Timer {
 public:
  using Id = uint64_t;
  virtual ~Timer() = default;

  /// Runs `fn` once, at `when` or soon after, on a thread of the timer's. `fn` must not block.
  /// Instant::Never() is never. The id is not 0.
  virtual Id Schedule(Instant when, absl::AnyInvocable<void()> fn) = 0;

  /// True: the function has not run and never will. False: it ran, is running, or there is no such
  /// id.
  virtual bool Cancel(Id id) = 0;
};

/// A timer driven by whoever calls Run, one thread at a time.
class TimerLoop : public Timer {
 public:
  explicit TimerLoop(Clock& clock) : clock_(clock) {}

  Id Schedule(Instant when, absl::AnyInvocable<void()> fn) override;
  bool Cancel(Id id) override;

  /// Runs due functions on this thread until Stop. What is not due by then is dropped, not run.
  void Run();
  void Stop();

 private:
  using Queue = std::multimap<Instant, std::pair<Id, absl::AnyInvocable<void()>>>;

  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  Id last_id_ = 0;
  Queue queue_;
  std::unordered_map<Id, Queue::iterator> by_id_;
};

}  // namespace gw
