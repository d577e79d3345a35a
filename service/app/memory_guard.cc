#include "service/app/memory_guard.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "service/app/free_memory.h"
#include "service/observe/log.h"

namespace gw::app {
namespace {

// What has been read by the time of a look, and calls that have begun, which go on.
constexpr size_t kMayStillCome = size_t{256} << 20;
// Calls that were under way end meanwhile.
constexpr absl::Duration kToHelp = absl::Seconds(1);
// Ten thousand connections take some hundredths of a second to look at.
constexpr absl::Duration kBetweenSearches = absl::Milliseconds(100);
// One who has brought less is not the reason.
constexpr uint64_t kLeastBytes = 256 * 1024;
// Free within the process: less is not worth the search.
constexpr size_t kWorthReturning = size_t{32} << 20;

/// The resident memory of this process, in bytes.
size_t Used() {
  unsigned long all = 0, resident = 0;
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  if (std::fscanf(file, "%lu %lu", &all, &resident) != 2) resident = 0;
  std::fclose(file);
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

size_t WhenToAct(size_t limit) {
  const size_t below = limit > kMayStillCome ? limit - kMayStillCome : 0;
  return std::clamp(below, limit / 2, limit / 4 * 3);
}

MemoryGuard::MemoryGuard(int port, size_t limit, Clock& clock)
    : port_(port),
      much_(WhenToAct(limit)),
      clock_(clock),
      gave_back_(clock.Now()),
      ended_(gave_back_),
      searched_(gave_back_) {}

void MemoryGuard::Look() {
  size_t used = Used();
  if (used < much_ / 2) {
    before_.clear();
    if (used > kWorthReturning) GiveBack(absl::Seconds(10));
    return;
  }
  GiveBack(absl::Seconds(1));
  used = Used();
  if (used >= much_) EndHeaviest(used);
  if (before_.empty()) before_ = CallerSockets(port_);
}

void MemoryGuard::GiveBack(absl::Duration not_within) {
  const Instant now = clock_.Now();
  if (now - gave_back_ < not_within) return;
  gave_back_ = now;
  ReturnFreeMemory(kWorthReturning);
}

void MemoryGuard::EndHeaviest(size_t used) {
  const Instant now = clock_.Now();
  const bool just_now = now - ended_ < kToHelp;
  const bool rises = used > used_then_ + used_then_ / 16;
  if (just_now && !rises) return;
  if (now - searched_ < kBetweenSearches) return;
  searched_ = now;
  for (const CallerSocket& socket : Heaviest(CallerSockets(port_), before_, kLeastBytes)) {
    if (!Disconnect(socket)) continue;
    ended_ = now;
    used_then_ = used;
    observe::Log(observe::LogLevel::kWarn, "connection_ended",
                 {{"peer", socket.peer},
                  {"received_bytes", static_cast<int64_t>(socket.received)},
                  {"used_mib", static_cast<int64_t>(used >> 20)},
                  {"advice", "memory was short, and this connection had brought much"}});
    if (!just_now) return;  // one may be enough
  }
}

}  // namespace gw::app
