#include "service/http/socket_wait.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace gw::http {
namespace {

// Rounded up: a wait that ends just before the instant would only spin until it.
int MillisUntil(Instant deadline, Instant now) {
  if (deadline.IsNever()) return -1;
  const int64_t millis = absl::ToInt64Milliseconds(deadline - now + absl::Nanoseconds(999'999));
  return static_cast<int>(std::clamp<int64_t>(millis, 0, 60'000));
}

}  // namespace

SocketWait::SocketWait(Clock& clock, Instant deadline, const std::stop_token& stop)
    : clock_(clock),
      deadline_(deadline),
      stop_(stop),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      on_stop_(stop, [fd = wake_.get()] {
        const uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof one);
      }) {}

bool SocketWait::Await(int fd, short events) {
  while (true) {
    const Instant now = clock_.Now();
    if (stop_.stop_requested() || now >= deadline_) return false;
    pollfd fds[] = {{fd, events, 0}, {wake_.get(), POLLIN, 0}};
    const int ready = poll(&fds[0], 2, MillisUntil(deadline_, now));
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && fds[0].revents != 0) return true;
  }
}

}  // namespace gw::http
