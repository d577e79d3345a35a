// What watches over the connections of callers while the server runs.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "service/app/memory_guard.h"
#include "service/app/processor_guard.h"
#include "service/base/clock.h"
#include "service/base/loop_thread.h"

namespace gw::app {

/// Has a thread of its own, which lets the guards look twenty times a second. Thread safety: none
/// needed but for construction and destruction.
class CallerGuards {
 public:
  /// Guards the callers at `port`, whose calls live on `threads`, so that the process stays below
  /// `memory_limit` bytes. `threads` and `clock` outlive it.
  CallerGuards(int port, size_t memory_limit, const std::vector<LoopThread*>& threads,
               Clock& clock);
  ~CallerGuards();
  CallerGuards(const CallerGuards&) = delete;
  CallerGuards& operator=(const CallerGuards&) = delete;

 private:
  void Run();

  MemoryGuard memory_;
  ProcessorGuard processor_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace gw::app
