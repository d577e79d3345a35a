// One upstream's CurlLoops: one on each of the threads that calls live on.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "service/base/byte_budget.h"
#include "service/base/clock.h"
#include "service/base/loop_thread.h"
#include "service/http/curl_loop.h"
#include "service/http/resolver.h"
#include "service/http/transport.h"
#include "service/http/upstream_options.h"

namespace gw::http {

/// A request that is started on one of the threads stays on it; the others take turns. Each loop
/// has connections of its own. Thread safety: any thread; Stop by one at a time.
class CurlLoops : public Transport {
 public:
  /// `threads` is not empty; they, and references, outlive this. `memory` as for CurlLoop.
  CurlLoops(const UpstreamOptions& options, const std::vector<LoopThread*>& threads,
            Resolver& resolver, Clock& clock, ByteBudget* memory) {
    for (LoopThread* thread : threads) {
      homes_.push_back({thread, std::make_unique<CurlLoop>(options, resolver, clock, memory)});
      thread->Drive(*homes_.back().loop);
    }
  }
  ~CurlLoops() override { Stop(); }

  void Start(Request request, Completion done) override {
    for (const Home& home : homes_) {
      if (home.loop->IsThisThread()) return home.loop->Start(std::move(request), std::move(done));
    }
    homes_[next_++ % homes_.size()].loop->Start(std::move(request), std::move(done));
  }

  /// Completes everything with kShutdown, also what is started from now on, and returns when all
  /// is. Not on one of the threads. More than once is once.
  void Stop() {
    if (std::exchange(stopped_, true)) return;
    for (const Home& home : homes_) home.loop->Stop();
    for (const Home& home : homes_) home.thread->Release(*home.loop);
  }

  uint64_t connections_opened() const {
    uint64_t opened = 0;
    for (const Home& home : homes_) opened += home.loop->counts().opened;
    return opened;
  }

 private:
  struct Home {
    LoopThread* thread;
    std::unique_ptr<CurlLoop> loop;
  };

  std::vector<Home> homes_;
  std::atomic<size_t> next_{0};
  bool stopped_ = false;
};

}  // namespace gw::http
