// Keeps a caller from holding up the threads that all calls live on, whatever gRPC lets them do.
//
// gRPC 1.51 copies a header that comes in pieces for each piece, as often as a caller likes to send
// one: 16 KiB of such a header take a thread 30 ms when 11 MiB of it have come, and nothing ends
// it. So when one of our threads has used a second of processor time and did not get on, the
// connection is ended that has brought most meanwhile and is not kept up with.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "service/app/caller_sockets.h"
#include "service/app/turn_watch.h"
#include "service/base/loop_thread.h"

namespace gw::app {

/// Thread safety: one thread, which looks several times a second.
class ProcessorGuard {
 public:
  /// Guards the callers at `port`, whose calls live on `threads`, which outlive it.
  ProcessorGuard(int port, const std::vector<LoopThread*>& threads);

  /// Ends at most one connection for each thread that is held up.
  void Look();

 private:
  struct Watched {
    LoopThread* thread;
    TurnWatch watch;
    /// How it was when its turns became long; empty: they are not.
    std::vector<CallerSocket> before;
  };

  void EndWhoHoldsUp(Watched& watched);

  const int port_;
  std::vector<Watched> threads_;
  std::set<std::string> ended_;  ///< their peers, while a thread is slow: it takes a moment
};

}  // namespace gw::app
