// Where completions run, in order.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "service/base/loop_thread.h"

namespace gw::ledger {

/// Thread safety: Run may be called from any thread.
class Completions {
 public:
  /// On `home`, which outlives it; null: on a thread of its own.
  explicit Completions(LoopThread* home = nullptr);
  /// Returns when what is left has run. Not on `home`.
  ~Completions();

  void Run(absl::AnyInvocable<void()> completion);

 private:
  void Loop();

  LoopThread* const home_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<absl::AnyInvocable<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gw::ledger
