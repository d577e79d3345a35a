// The connections of callers, as the kernel sees them: gRPC tells nobody of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gw::app {

/// One of them. Thread safety: a value.
struct CallerSocket {
  int fd = -1;
  /// Its address, `HOST:PORT`; no two have the same at a time.
  std::string peer;
  /// Bytes, since it was made.
  uint64_t received = 0;
};

// Thread safety: any thread.

/// The TCP connections of this process whose own port is `port`. Looks at every descriptor.
std::vector<CallerSocket> CallerSockets(int port);

/// From now on the kernel holds about so many bytes for a new connection at `port` that this
/// process has not read; the system's own limit may be megabytes.
void LimitUnread(int port, int bytes);

/// The bytes that have come on it and that this process has not read; 0 when it is gone.
int Unread(const CallerSocket& socket);

/// Resets a connection, as if the caller had: whoever reads from it finds that, and nothing of what
/// was unread, and the caller is told (`connect` of no family: connect(2)). False: it is gone
/// already, and nothing was done.
bool Disconnect(const CallerSocket& socket);

/// Those that have received most since `before`, where they need not be: the heaviest first, then
/// each with an eighth of that at least; none with less than `least` bytes. Thread safety: pure.
std::vector<CallerSocket> Heaviest(std::vector<CallerSocket> now,
                                   const std::vector<CallerSocket>& before, uint64_t least);

}  // namespace gw::app
