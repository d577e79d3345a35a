// Keeps callers from using up the memory of the process, whatever gRPC lets them do.
//
// gRPC 1.51 holds a message until it is complete before it looks at its size, and begins calls as
// fast as they come, also when they are taken back at once; its resource quota sees little of that
// and ends calls of anybody. So when the process comes near its limit, the connection that has
// brought most since then is ended, and all that have brought much if that does not help; see
// tests/abuse/README.md.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/time/time.h"
#include "service/app/caller_sockets.h"
#include "service/base/clock.h"

namespace gw::app {

/// At how much memory something is done, for a limit, in bytes: below it by what may still come
/// while that takes effect, 256 MiB; but between half and three quarters of it. Thread safety:
/// pure.
size_t WhenToAct(size_t limit);

/// Memory that is free within the process it gives back to the system, which malloc alone does late
/// or never. Thread safety: one thread, which looks twenty times a second.
class MemoryGuard {
 public:
  /// Guards the callers at `port`, so that the process stays below `limit` bytes; acts from
  /// WhenToAct on. `clock` outlives it.
  MemoryGuard(int port, size_t limit, Clock& clock);

  /// Ends the connections that have brought most, and gives back what is free, where that is due.
  void Look();

 private:
  void GiveBack(absl::Duration not_within);
  void EndHeaviest(size_t used);

  const int port_;
  const size_t much_;  ///< from here on it acts
  Clock& clock_;
  /// How it was when memory began to be short; empty: it is not.
  std::vector<CallerSocket> before_;
  Instant gave_back_, ended_, searched_;
  size_t used_then_ = 0;  ///< when the last connection was ended
};

}  // namespace gw::app
