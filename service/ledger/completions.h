// A thread that runs completions, in order.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"

namespace gw::ledger {

/// Thread safety: Run may be called from any thread.
class Completions {
 public:
  Completions();
  /// Runs what is left, and ends.
  ~Completions();

  void Run(absl::AnyInvocable<void()> completion);

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<absl::AnyInvocable<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gw::ledger
