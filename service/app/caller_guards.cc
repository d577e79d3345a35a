#include "service/app/caller_guards.h"

#include <chrono>

#include "service/app/caller_sockets.h"

namespace gw::app {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{50};
// A thousand small calls. The system's own limit is some megabytes for each connection.
constexpr int kUnread = 64 * 1024;

}  // namespace

CallerGuards::CallerGuards(int port, size_t memory_limit, const std::vector<LoopThread*>& threads,
                           Clock& clock)
    : memory_(port, memory_limit, clock), processor_(port, threads) {
  LimitUnread(port, kUnread);
  thread_ = std::thread([this] { Run(); });
}

CallerGuards::~CallerGuards() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CallerGuards::Run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kBetweenLooks, [this] { return stopped_; })) {
    memory_.Look();
    processor_.Look();
  }
}

}  // namespace gw::app
