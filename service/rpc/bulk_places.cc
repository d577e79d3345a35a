#include "service/rpc/bulk_places.h"

#include <algorithm>
#include <utility>

namespace gw::rpc {

namespace {

// What this thread lets in at the moment: who leaves at once nests nothing.
thread_local const BulkPlaces* letting_in = nullptr;

}  // namespace

void BulkPlaces::Enter(const void* who, absl::AnyInvocable<void()> go) {
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back({who, std::move(go)});
  }
  LetIn();
}

bool BulkPlaces::Withdraw(const void* who) {
  Waiting withdrawn;  // what it has is destroyed without the lock
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [who](const Waiting& waiting) { return waiting.who == who; });
  if (found == waiting_.end()) return false;
  withdrawn = std::move(*found);
  waiting_.erase(found);
  return true;
}

void BulkPlaces::Leave() {
  {
    std::lock_guard lock(mutex_);
    --taken_;
  }
  LetIn();
}

void BulkPlaces::LetIn() {
  if (letting_in == this) return;
  const BulkPlaces* const outer = std::exchange(letting_in, this);
  std::unique_lock lock(mutex_);
  while (taken_ < places_ && !waiting_.empty()) {
    ++taken_;
    absl::AnyInvocable<void()> go = std::move(waiting_.front().go);
    waiting_.pop_front();
    lock.unlock();
    go();
    go = nullptr;
    lock.lock();
  }
  letting_in = outer;
}

size_t BulkPlaces::taken() const {
  std::lock_guard lock(mutex_);
  return taken_;
}

}  // namespace gw::rpc
