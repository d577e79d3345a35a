#include "service/rpc/bulk_places.h"

#include <utility>

namespace gw::rpc {

void BulkPlaces::Enter(absl::AnyInvocable<void()> go) {
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(go));
  }
  LetIn();
}

void BulkPlaces::Leave() {
  {
    std::lock_guard lock(mutex_);
    --taken_;
  }
  LetIn();
}

void BulkPlaces::LetIn() {
  std::unique_lock lock(mutex_);
  if (std::exchange(letting_in_, true)) return;
  while (taken_ < places_ && !waiting_.empty()) {
    ++taken_;
    absl::AnyInvocable<void()> go = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    go();
    go = nullptr;
    lock.lock();
  }
  letting_in_ = false;
}

size_t BulkPlaces::taken() const {
  std::lock_guard lock(mutex_);
  return taken_;
}

}  // namespace gw::rpc
