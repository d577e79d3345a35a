// A descriptor that is closed by who lets go of it.
#pragma once

#include <unistd.h>

#include <utility>

namespace gw {

/// Thread safety: a value.
class UniqueFd {
 public:
  UniqueFd() = default;
  /// Takes `fd` over; below 0: none.
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() {
    if (fd_ >= 0) close(fd_);
  }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace gw
