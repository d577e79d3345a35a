// A timer on a thread of its own.
#pragma once

#include <thread>

#include "service/base/clock.h"
#include "service/base/timer.h"

namespace gw::app {

/// Thread safety: timer() may be used from any thread.
class TimerThread {
 public:
  /// `clock` outlives it.
  explicit TimerThread(Clock& clock) : timer_(clock), thread_([this] { timer_.Run(); }) {}
  ~TimerThread() {
    timer_.Stop();
    thread_.join();
  }
  Timer& timer() { return timer_; }

 private:
  TimerLoop timer_;
  std::thread thread_;
};

}  // namespace gw::app
