// Waiting for what another process, or another thread, is about to do.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace gw::testing {

/// Waits until `true_at_last` is; false: after two minutes it was not. Thread safety: pure, but for
/// what it asks.
inline bool Await(const std::function<bool()>& true_at_last) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!true_at_last()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace gw::testing
