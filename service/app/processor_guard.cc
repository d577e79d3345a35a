#include "service/app/processor_guard.h"

#include <cstdint>
#include <optional>

#include "service/observe/log.h"

namespace gw::app {
namespace {

// One who has brought less is not the reason: a header must be megabytes long to be one.
constexpr uint64_t kLeastBytes = 256 * 1024;
// A frame of the usual size. Who is kept up with has less there at most times.
constexpr int kLeastUnread = 16 * 1024;

}  // namespace

ProcessorGuard::ProcessorGuard(int port, const std::vector<LoopThread*>& threads) : port_(port) {
  for (LoopThread* thread : threads) threads_.push_back({thread, {}, {}});
}

void ProcessorGuard::Look() {
  bool all_well = true;
  for (Watched& watched : threads_) {
    const std::optional<ThreadUse> use = UseOf(watched.thread->number());
    if (!use) continue;
    const TurnWatch::Pace pace = watched.watch.Seen(watched.thread->turns(), *use);
    if (pace == TurnWatch::Pace::kWell) {
      watched.before.clear();
      continue;
    }
    all_well = false;
    if (watched.before.empty()) {
      watched.before = CallerSockets(port_);  // what counts is what is brought from now on
    } else if (pace == TurnWatch::Pace::kHeldUp) {
      EndWhoHoldsUp(watched);
    }
  }
  if (all_well) ended_.clear();
}

void ProcessorGuard::EndWhoHoldsUp(Watched& watched) {
  for (const CallerSocket& socket : Heaviest(CallerSockets(port_), watched.before, kLeastBytes)) {
    if (Unread(socket) < kLeastUnread || ended_.contains(socket.peer)) continue;
    if (!Disconnect(socket)) continue;
    ended_.insert(socket.peer);
    watched.watch.BeginAnew();
    watched.before.clear();
    observe::Log(observe::LogLevel::kWarn, "connection_ended",
                 {{"peer", socket.peer},
                  {"received_bytes", static_cast<int64_t>(socket.received)},
                  {"advice", "what this connection brought kept a thread busy that others need"}});
    return;
  }
}

}  // namespace gw::app
