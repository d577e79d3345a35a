// Several threads that begin at once.
#pragma once

#include <barrier>
#include <functional>
#include <thread>
#include <vector>

namespace gw::testing {

inline constexpr int kThreads = 4;

/// Runs `body(0)` … `body(kThreads - 1)`, each on a thread of its own, and waits for all.
inline void Together(const std::function<void(int)>& body) {
  std::barrier start(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      body(t);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace gw::testing
