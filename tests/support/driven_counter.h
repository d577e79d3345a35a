// Something that a loop thread drives, and that tells of each turn.
#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "service/base/clock.h"
#include "service/base/loop_thread.h"
#include "service/base/unique_fd.h"

namespace gw {

/// Counts what was given to it, on whichever thread it is driven. Thread safety: Give and Await may
/// be called from any thread.
class Counter final : public Driven {
 public:
  int fd() const override { return fd_.get(); }
  Instant due() override { return due_; }
  bool Turn() override {
    ++turns;
    if (SystemClock().Now() >= due_) {
      due_ = Instant::Never();
      was_due = true;
      was_due.notify_all();
    }
    uint64_t count = 0;
    if (read(fd_.get(), &count, sizeof count) < 0) return false;
    taken += count;
    taken.notify_all();
    return true;
  }

  void Give() {
    const uint64_t one = 1;
    ASSERT_EQ(write(fd_.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }
  void Await(uint64_t count) {
    for (uint64_t seen = taken; seen < count; seen = taken) taken.wait(seen);
  }
  void SetDue(Instant due) { due_ = due; }  // on its thread

  std::atomic<uint64_t> taken{0};
  std::atomic<int> turns{0};
  std::atomic<bool> was_due{false};

 private:
  const UniqueFd fd_{eventfd(0, EFD_NONBLOCK)};
  Instant due_ = Instant::Never();
};

}  // namespace gw
