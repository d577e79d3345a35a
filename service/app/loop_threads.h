// The threads that calls live on.
#pragma once

#include <sched.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "service/base/clock.h"
#include "service/base/loop_thread.h"

namespace gw::app {

/// Two, where there are as many processors: gRPC 1.51 lets one thread of a process at a time wait
/// for all connections, so more of them contend for that, and one of them alone is not enough to
/// answer from the cache as fast as gRPC can. Thread safety: as LoopThread.
class LoopThreads {
 public:
  /// `clock` outlives it.
  explicit LoopThreads(Clock& clock) {
    for (int i = 0; i < std::clamp(Processors(), 1, kMost); ++i) {
      threads_.push_back(std::make_unique<LoopThread>(clock));
      all_.push_back(threads_.back().get());
    }
    for (LoopThread* thread : all_) {
      std::vector<LoopThread*> others = all_;
      std::erase(others, thread);
      thread->SetHelpers(std::move(others));
    }
  }

  const std::vector<LoopThread*>& all() const { return all_; }

 private:
  static constexpr int kMost = 2;

  // Those that this process may use; hardware_concurrency() counts the machine's. A machine with
  // more than a set has room for has enough.
  static int Processors() {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : kMost;
  }

  std::vector<std::unique_ptr<LoopThread>> threads_;
  std::vector<LoopThread*> all_;
};

}  // namespace gw::app
