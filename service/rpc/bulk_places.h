// How many items of streams may be under way at a time, whosever they are.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>

#include "absl/functional/any_invocable.h"

namespace gw::rpc {

/// Streams take all that they are given: without a limit of their own, two of them would keep the
/// queue of the upstream's limit full, and single allocations out of it. First come, first served;
/// a stream that waits with one item at a time gets its turn among the others. Thread safety: all
/// functions may be called from any thread.
class BulkPlaces {
 public:
  /// `places`: one at least.
  explicit BulkPlaces(size_t places) : places_(places) {}

  /// Runs `go`, which must not block, when there is a place, which it then has: at once perhaps,
  /// or on the thread of one that leaves. `who` waits only once at a time.
  void Enter(const void* who, absl::AnyInvocable<void()> go);
  /// Whether `who` waited, and will not be let in any more.
  bool Withdraw(const void* who);
  /// Gives a place back.
  void Leave();

  size_t places() const { return places_; }
  size_t taken() const;

 private:
  struct Waiting {
    const void* who;
    absl::AnyInvocable<void()> go;
  };

  void LetIn();

  const size_t places_;
  mutable std::mutex mutex_;
  size_t taken_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace gw::rpc
