#include "service/base/detached_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace gw {

struct DetachedPool::State {
  explicit State(size_t max) : max_threads(max) {}
  const size_t max_threads;
  std::mutex mutex;
  std::condition_variable changed;   // there is work, or the end
  std::condition_variable finished;  // there is neither
  bool stopped = false;
  size_t threads = 0;
  size_t idle = 0;
  std::deque<absl::AnyInvocable<void()>> queue;

  bool Finished() const { return queue.empty() && idle == threads; }
};

DetachedPool::DetachedPool(size_t max_threads) : state_(std::make_shared<State>(max_threads)) {}

DetachedPool::~DetachedPool() {
  std::deque<absl::AnyInvocable<void()>>
      dropped;  // destroyed after the lock: it may own things that call back
  std::lock_guard lock(state_->mutex);
  state_->stopped = true;
  dropped.swap(state_->queue);
  state_->changed.notify_all();
}

void DetachedPool::Submit(absl::AnyInvocable<void()> fn) {
  std::lock_guard lock(state_->mutex);
  state_->queue.push_back(std::move(fn));
  if (state_->idle >= state_->queue.size() || state_->threads == state_->max_threads) {
    state_->changed.notify_one();
    return;
  }
  ++state_->threads;
  std::thread([state = state_] { Work(state); }).detach();
}

void DetachedPool::Finish() {
  std::unique_lock lock(state_->mutex);
  state_->finished.wait(lock, [&] { return state_->Finished(); });
}

void DetachedPool::Work(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (true) {
    ++state->idle;
    if (state->Finished()) state->finished.notify_all();
    state->changed.wait(lock, [&] { return state->stopped || !state->queue.empty(); });
    --state->idle;
    if (state->stopped) return;
    absl::AnyInvocable<void()> fn = std::move(state->queue.front());
    state->queue.pop_front();
    lock.unlock();
    fn();
    fn = nullptr;
    lock.lock();
  }
}

}  // namespace gw
