// Waiting for a socket on a thread that may block, and is still to be stopped.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "service/base/clock.h"
#include "service/base/unique_fd.h"

namespace gw::http {

/// One wait, or several in a row with one end. Thread safety: one thread waits; the token may be
/// stopped from any.
class SocketWait {
 public:
  /// `clock` outlives it.
  SocketWait(Clock& clock, Instant deadline, const std::stop_token& stop);
  SocketWait(const SocketWait&) = delete;
  SocketWait& operator=(const SocketWait&) = delete;

  /// Blocks until `fd` is ready for one of `events`, as poll(2) names them, or has failed. False:
  /// the deadline has passed, or the token was stopped.
  bool Await(int fd, short events);

 private:
  Clock& clock_;
  const Instant deadline_;
  const std::stop_token stop_;
  const UniqueFd wake_;  // before the callback, which writes to it
  const std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace gw::http
