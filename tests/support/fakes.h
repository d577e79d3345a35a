// Fakes of base/: time and randomness that a test owns.
#pragma once

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/timer.h"

namespace gw::testing {

/// A clock that moves when told. Starts at one second, 2024-07-15T09:00:00Z. Thread safety: all
/// functions may be called from any thread.
class FakeClock : public Clock {
 public:
  Instant Now() override {
    std::lock_guard lock(mutex_);
    return now_;
  }
  absl::Time WallNow() override {
    std::lock_guard lock(mutex_);
    return wall_;
  }
  void Advance(absl::Duration by) {
    std::lock_guard lock(mutex_);
    now_ = now_ + by;
    wall_ += by;
  }

 private:
  std::mutex mutex_;
  Instant now_ = Instant::FromNanos(1'000'000'000);
  absl::Time wall_ = absl::FromUnixSeconds(1'721'034'000);
};

/// A timer that runs what is due when the test advances it, and its clock with it. Thread safety:
/// all functions may be called from any thread.
class FakeTimer : public Timer {
 public:
  explicit FakeTimer(FakeClock& clock) : clock_(clock) {}

  Id Schedule(Instant when, absl::AnyInvocable<void()> fn) override {
    std::lock_guard lock(mutex_);
    pending_.emplace(++last_id_, std::make_pair(when, std::move(fn)));
    return last_id_;
  }
  bool Cancel(Id id) override {
    absl::AnyInvocable<void()> dropped;  // not under the lock: what it holds may cancel, too
    std::lock_guard lock(mutex_);
    const auto found = pending_.find(id);
    if (found == pending_.end()) return false;
    dropped = std::move(found->second.second);
    pending_.erase(found);
    return true;
  }

  void Advance(absl::Duration by) {
    clock_.Advance(by);
    while (auto fn = TakeDue()) fn();
  }
  size_t pending() const {
    std::lock_guard lock(mutex_);
    return pending_.size();
  }

 private:
  absl::AnyInvocable<void()> TakeDue() {
    std::lock_guard lock(mutex_);
    for (auto it = pending_.begin(); it != pending_.end(); ++it) {
      if (it->second.first > clock_.Now()) continue;
      auto fn = std::move(it->second.second);
      pending_.erase(it);
      return fn;
    }
    return nullptr;
  }

  FakeClock& clock_;
  mutable std::mutex mutex_;
  Id last_id_ = 0;
  std::map<Id, std::pair<Instant, absl::AnyInvocable<void()>>> pending_;
};

/// Counts up from 1.
class FakeRandom : public Random {
 public:
  uint64_t Next() override { return ++last_; }

 private:
  uint64_t last_ = 0;
};

}  // namespace gw::testing
