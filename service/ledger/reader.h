// Looks at what is recorded, beside what is being recorded.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "service/base/once.h"
#include "service/ledger/completions.h"
#include "service/ledger/rows.h"
#include "service/ledger/store.h"

namespace gw::ledger {

/// One thread that runs Store::Read, so that whoever looks through many rows keeps no allocation
/// waiting. Thread safety: Read may be called from any thread.
class Reader {
 public:
  /// References outlive it.
  Reader(Store& store, Completions& completions, size_t max_queued);
  /// Runs what is queued, and ends.
  ~Reader();

  /// `done` is told on the completions' thread: LEDGER_UNAVAILABLE, or OVERLOADED, at once, beyond
  /// `max_queued`.
  void Read(std::function<void(Rows&)> run, Once<absl::Status> done);

 private:
  struct Item {
    std::function<void(Rows&)> run;
    Once<absl::Status> done;
  };
  void Loop();

  Store& store_;
  Completions& completions_;
  const size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gw::ledger
