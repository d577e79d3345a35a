// A place among the transfers that are on their way to a connection.
#pragma once

#include <cstddef>
#include <utility>

namespace gw::http {

/// Counted in `taken` from when it is made until it is freed or destroyed. Thread safety: none; of
/// the loop's thread.
class OpeningPlace {
 public:
  OpeningPlace() = default;
  /// `taken` outlives it.
  explicit OpeningPlace(size_t& taken) : taken_(&taken) { ++taken; }
  OpeningPlace(OpeningPlace&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  OpeningPlace& operator=(OpeningPlace&& other) noexcept {
    std::swap(taken_, other.taken_);
    return *this;
  }
  ~OpeningPlace() { Free(); }

  void Free() {
    if (size_t* const taken = std::exchange(taken_, nullptr); taken != nullptr) --*taken;
  }

 private:
  size_t* taken_ = nullptr;
};

}  // namespace gw::http
