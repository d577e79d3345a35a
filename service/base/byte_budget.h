// Memory that many calls share.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace gw {

/// So many bytes, for all who hold some. Thread safety: any thread.
class ByteBudget {
 public:
  explicit ByteBudget(size_t limit) : limit_(limit) {}

  /// False, and nothing is taken: there are not so many left.
  bool Take(size_t bytes) {
    size_t held = held_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ - held || held > limit_) return false;
    } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
    return true;
  }
  void Return(size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  size_t held() const { return held_.load(std::memory_order_relaxed); }
  /// What can still be taken, if nobody else takes it first.
  size_t left() const {
    const size_t held = this->held();
    return held < limit_ ? limit_ - held : 0;
  }

 private:
  friend class HeldBytes;
  void TakeAnyhow(size_t bytes) { held_.fetch_add(bytes, std::memory_order_relaxed); }

  const size_t limit_;
  std::atomic<size_t> held_{0};
};

/// What one of them holds, returned when this is destroyed. A copy holds as much once more,
/// whatever the limit: it is for few. Thread safety: none of its own.
class HeldBytes {
 public:
  HeldBytes() = default;
  HeldBytes(const HeldBytes& other) : budget_(other.budget_), bytes_(other.bytes_) {
    if (budget_ != nullptr) budget_->TakeAnyhow(bytes_);
  }
  HeldBytes(HeldBytes&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  HeldBytes& operator=(HeldBytes other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~HeldBytes() {
    if (bytes_ > 0) budget_->Return(bytes_);
  }

  /// So many more, of `budget`, which outlives this and is the same each time. False: it has not so
  /// many left, and what was held stays held.
  bool Grow(ByteBudget& budget, size_t bytes) {
    if (!budget.Take(bytes)) return false;
    budget_ = &budget;
    bytes_ += bytes;
    return true;
  }
  /// The same, whatever is left of it.
  void GrowAnyhow(ByteBudget& budget, size_t bytes) {
    budget.TakeAnyhow(bytes);
    budget_ = &budget;
    bytes_ += bytes;
  }

 private:
  ByteBudget* budget_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace gw
