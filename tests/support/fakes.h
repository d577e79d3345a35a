// Fakes of base/: time and randomness that a test owns.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/timer.h"

namespace gw::testing {

/// A clock that moves when told. Starts at one second, 2024-07-15T09:00:00Z.
class FakeClock : public Clock {
 public:
  Instant Now() override { return now_; }
  absl::Time WallNow() override { return wall_; }
  void Advance(absl::Duration by) {
    now_ = now_ + by;
    wall_ += by;
  }

 private:
  Instant now_ = Instant::FromNanos(1'000'000'000);
  absl::Time wall_ = absl::FromUnixSeconds(1'721'034'000);
};

/// A timer that runs what is due when the test advances it, and its clock with it.
class FakeTimer : public Timer {
 public:
  explicit FakeTimer(FakeClock& clock) : clock_(clock) {}

  Id Schedule(Instant when, absl::AnyInvocable<void()> fn) override {
    pending_.emplace(++last_id_, std::make_pair(when, std::move(fn)));
    return last_id_;
  }
  bool Cancel(Id id) override { return pending_.erase(id) > 0; }

  void Advance(absl::Duration by) {
    clock_.Advance(by);
    for (auto it = pending_.begin(); it != pending_.end();) {
      if (it->second.first > clock_.Now()) {
        ++it;
        continue;
      }
      auto fn = std::move(it->second.second);
      pending_.erase(it);
      fn();
      it = pending_.begin();
    }
  }
  size_t pending() const { return pending_.size(); }

 private:
  FakeClock& clock_;
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
