#include "service/ledger/reader.h"

#include <utility>

#include "service/ledger/ledger_failures.h"
#include "service/observe/log.h"

namespace gw::ledger {

Reader::Reader(Store& store, Completions& completions, size_t max_queued)
    : store_(store),
      completions_(completions),
      max_queued_(max_queued),
      thread_([this] { Loop(); }) {}

Reader::~Reader() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Reader::Read(std::function<void(Rows&)> run, Once<absl::Status> done) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() < max_queued_) {
      queue_.push_back({std::move(run), std::move(done)});
      changed_.notify_one();
      return;
    }
  }
  std::move(done)(LedgerOverloaded());
}

void Reader::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Item item = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    absl::Status status = absl::OkStatus();
    if (const auto failure = store_.Read(item.run)) {
      status = LedgerUnavailable();
      observe::Log(observe::LogLevel::kWarn, "ledger_not_read", {{"problem", failure->what}});
    }
    completions_.Run([done = std::move(item.done), status]() mutable { std::move(done)(status); });
    lock.lock();
  }
}

}  // namespace gw::ledger
