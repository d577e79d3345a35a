// The threads that calls live on.
#pragma once

#include <algorithm>
#include <memory>
#include <thread>
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
    const unsigned count = std::clamp(std::thread::hardware_concurrency(), 1U, kMost);
    for (unsigned i = 0; i < count; ++i) {
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
  static constexpr unsigned kMost = 2;

  std::vector<std::unique_ptr<LoopThread>> threads_;
  std::vector<LoopThread*> all_;
};

}  // namespace gw::app
