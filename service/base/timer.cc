#include "service/base/timer.h"

#include <chrono>
#include <utility>

namespace gw {

Timer::Id TimerLoop::Schedule(Instant when, absl::AnyInvocable<void()> fn) {
  std::lock_guard lock(mutex_);
  const Id id = ++last_id_;
  const auto it = queue_.emplace(when, std::make_pair(id, std::move(fn)));
  by_id_.emplace(id, it);
  if (it == queue_.begin()) changed_.notify_one();
  return id;
}

bool TimerLoop::Cancel(Id id) {
  absl::AnyInvocable<void()> dropped;  // destroyed after the lock: it may own things that call back
  std::lock_guard lock(mutex_);
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return false;
  dropped = std::move(it->second->second.second);
  queue_.erase(it->second);
  by_id_.erase(it);
  return true;
}

void TimerLoop::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (queue_.empty() || queue_.begin()->first.IsNever()) {
      changed_.wait(lock);
      continue;
    }
    const absl::Duration left = queue_.begin()->first - clock_.Now();
    if (left > absl::ZeroDuration()) {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(left));
      continue;
    }
    absl::AnyInvocable<void()> due = std::move(queue_.begin()->second.second);
    by_id_.erase(queue_.begin()->second.first);
    queue_.erase(queue_.begin());
    lock.unlock();
    due();
    due = nullptr;
    lock.lock();
  }
}

void TimerLoop::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace gw
