// A bounded set of threads for calls that block and cannot be interrupted, such as getaddrinfo(3).
#pragma once

#include <cstddef>
#include <memory>

#include "absl/functional/any_invocable.h"

namespace gw {

/// Threads are made when first needed, at most `max_threads`, and kept.
/// Thread safety: all functions may be called from any thread.
class DetachedPool {
 public:
  explicit DetachedPool(size_t max_threads);
  /// What waits is dropped. What runs is not waited for: a function must own all that it touches.
  ~DetachedPool();
  DetachedPool(const DetachedPool&) = delete;
  DetachedPool& operator=(const DetachedPool&) = delete;

  /// Runs `fn` on a thread of the pool, in order of submission, when one is free.
  void Submit(absl::AnyInvocable<void()> fn);

  /// Waits until nothing waits or runs. Not for a thread of the pool.
  void Finish();

 private:
  struct State;
  static void Work(const std::shared_ptr<State>& state);
  const std::shared_ptr<State> state_;
};

}  // namespace gw
