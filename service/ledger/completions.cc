#include "service/ledger/completions.h"

#include <utility>

namespace gw::ledger {

Completions::Completions(LoopThread* home) : home_(home) {
  if (home_ == nullptr) thread_ = std::thread([this] { Loop(); });
}

Completions::~Completions() {
  if (home_ != nullptr) {
    home_->Do([] {});  // behind all the others
    return;
  }
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Completions::Run(absl::AnyInvocable<void()> completion) {
  if (home_ != nullptr) return home_->Post(std::move(completion));
  bool first;
  {
    std::lock_guard lock(mutex_);
    first = waiting_.empty();
    waiting_.push_back(std::move(completion));
  }
  if (first) changed_.notify_one();
}

void Completions::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::vector<absl::AnyInvocable<void()>> batch = std::exchange(waiting_, {});
    lock.unlock();
    for (auto& completion : batch) completion();
    batch.clear();
    lock.lock();
  }
}

}  // namespace gw::ledger
