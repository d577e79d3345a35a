// A completion that runs exactly once, by type.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gw {

/// What a completion is told when its owner let go of it without an answer: that the work was
/// cancelled. Specialize for result types of your own.
template <class T>
struct AbandonedValue;

template <>
struct AbandonedValue<absl::Status> {
  static absl::Status Get() { return absl::CancelledError("abandoned without an answer"); }
};

template <class T>
struct AbandonedValue<absl::StatusOr<T>> {
  static absl::StatusOr<T> Get() { return AbandonedValue<absl::Status>::Get(); }
};

/// A move-only callback for one result. Calling it consumes it; destroying or overwriting it
/// uncalled calls it with AbandonedValue<T>. So whoever passes one in is answered exactly once,
/// whatever happens to the callee. Thread safety: none of its own; one owner at a time.
template <class T>
class Once {
 public:
  Once() = default;
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, Once> && std::is_invocable_v<F&, T>)
      // Implicit, to take lambdas.
      // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-*)
      Once(F&& fn)
      : fn_(std::forward<F>(fn)) {}

  Once(Once&& other) noexcept : fn_(std::exchange(other.fn_, nullptr)) {}
  Once& operator=(Once&& other) noexcept {
    if (this != &other) {
      Abandon();
      fn_ = std::exchange(other.fn_, nullptr);
    }
    return *this;
  }
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;
  ~Once() { Abandon(); }

  /// False once called, moved from, or default-constructed.
  explicit operator bool() const { return static_cast<bool>(fn_); }

  /// Delivers the result. Must not be called on an empty Once.
  void operator()(T value) && { std::exchange(fn_, nullptr)(std::move(value)); }

 private:
  void Abandon() {
    if (fn_) std::exchange(fn_, nullptr)(AbandonedValue<T>::Get());
  }

  absl::AnyInvocable<void(T&&)> fn_;
};

}  // namespace gw
