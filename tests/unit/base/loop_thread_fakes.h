// What loop threads drive and share in their tests.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "service/base/loop_thread.h"
#include "tests/support/driven_counter.h"

namespace gw {

// As a completion queue: waited for by a condition of its own, which no epoll knows of.
class Queue final : public Waited {
 public:
  bool Turn() override {
    std::unique_lock lock(mutex_);
    return !waiting_ && Work(lock);
  }
  bool Look() override {
    std::unique_lock lock(mutex_);
    return looks_ && (!waiting_ || held_up_) && Work(lock);
  }
  void BeginWait() override {
    std::lock_guard lock(mutex_);
    waiting_ = true;
  }
  void Wait(Instant until) override {
    std::unique_lock lock(mutex_);
    ++waits_;
    while (items_ == 0 && !woken_ && SystemClock().Now() < until) {
      if (until.IsNever()) {
        changed_.wait(lock);
      } else {
        changed_.wait_for(lock, absl::ToChronoNanoseconds(until - SystemClock().Now()));
      }
    }
    if (std::latch* const let_go = std::exchange(hold_up_, nullptr)) {
      held_up_ = true;
      lock.unlock();
      let_go->wait();
      lock.lock();
      held_up_ = false;
    }
    waiting_ = woken_ = false;
    Work(lock);
  }
  void Wake() override {
    std::lock_guard lock(mutex_);
    woken_ = waiting_;  // no more is promised
    changed_.notify_all();
  }

  // The next one that waits, until then, when something comes.
  void HoldUp(std::latch& let_go) {
    std::lock_guard lock(mutex_);
    hold_up_ = &let_go;
  }
  // From now on: else who is not nudged does not come by itself.
  void LetLook() {
    std::lock_guard lock(mutex_);
    looks_ = true;
  }
  void Add(int items) {
    std::lock_guard lock(mutex_);
    items_ += items;
    changed_.notify_all();
  }
  // Behind others' things, which each take a turn that finds nothing.
  void AddBehind(int others, int items) {
    std::lock_guard lock(mutex_);
    others_ += others;
    items_ += items;
    changed_.notify_all();
  }
  int done() {
    std::lock_guard lock(mutex_);
    return done_;
  }
  int waits() {
    std::lock_guard lock(mutex_);
    return waits_;
  }
  std::set<std::thread::id> workers() {
    std::lock_guard lock(mutex_);
    return workers_;
  }
  void AwaitDone(int count) {
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [&] { return done_ >= count; });
  }

 private:
  bool Work(std::unique_lock<std::mutex>&) {
    if (others_ > 0) {
      --others_;
      return false;
    }
    if (items_ == 0) return false;
    --items_;
    ++done_;
    workers_.insert(std::this_thread::get_id());
    finished_.notify_all();
    return true;
  }

  std::mutex mutex_;
  std::condition_variable changed_, finished_;
  int others_ = 0, items_ = 0, done_ = 0, waits_ = 0;
  bool waiting_ = false, woken_ = false, held_up_ = false, looks_ = false;
  std::latch* hold_up_ = nullptr;
  std::set<std::thread::id> workers_;
};

inline void AwaitWait(Queue& queue, int before) {
  while (queue.waits() <= before) std::this_thread::yield();
}

}  // namespace gw
