// A thread that does several things in turns, so that what belongs together lives on one thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/unique_fd.h"

namespace gw {

/// How long poll and epoll_wait are to wait: rounded up, as a wait that ends just before its
/// instant would only spin until it, a minute at the most; -1, without an end, for
/// absl::InfiniteDuration().
int WaitMillis(absl::Duration left);

/// Work that a LoopThread does, a turn at a time. Thread safety: used on that thread, fd() besides.
class Driven {
 public:
  /// Readable to epoll when Turn has something to do, and did not say when.
  virtual int fd() const = 0;
  /// When Turn has something to do at the latest, whether or not fd() is readable.
  virtual Instant due() = 0;
  /// Does what there is to do. Never blocks. Whether there was something.
  virtual bool Turn() = 0;

 protected:
  ~Driven() = default;
};

/// Work for several LoopThreads that can be waited for only in a way of its own, as gRPC's
/// completion queue can. Thread safety: all functions may be called from any thread.
class Waited {
 public:
  /// Does what there is to do, unless somebody waits, who will. Never blocks. Whether there was
  /// something.
  virtual bool Turn() = 0;
  /// As Turn, also while somebody waits, who may be held up by what they have found.
  virtual bool Look() = 0;
  /// The caller waits from now on, and calls Wait. One at a time.
  virtual void BeginWait() = 0;
  /// Blocks until there is something to do, and does it, or Wake is called, or at `until`. A Wake
  /// since BeginWait counts; the wait is over when it returns.
  virtual void Wait(Instant until) = 0;
  virtual void Wake() = 0;

 protected:
  ~Waited() = default;
};

/// Gives a turn to everything that it drives, again and again, and sleeps when none has something
/// to do, in one epoll_wait over all of them.
///
/// Several of them can share a Waited. Those that are busy look there at each turn. One of them
/// waits in it when it has nothing left to do; the others sleep in their epoll_wait, until one that
/// stays busy, or had one long turn, nudges them to take a share. The more there is to do, the less
/// is spent on telling each other, and with little to do the one does it all. It may be held up for
/// long by that: so the others look by themselves ten times a second, and each millisecond as long
/// as they find something.
///
/// A Waited may deal with something at a turn that is nothing to do for us, and others wait behind
/// it: so gRPC does with each thing that comes on its connections. So after a long turn of this
/// thread, with hundreds of TLS handshakes in it perhaps, it gets one more for each millisecond of
/// that, sixteen at the most, until one finds something: more would make turns longer still.
///
/// A wait that is not ours cannot watch our descriptors. For that time a second thread, the
/// sentinel, does: it sleeps until the loop is about to wait, then in epoll_wait, and wakes the
/// loop once. The two hand over like this (`watch_`):
///
///     idle ──loop: about to wait──▶ watching ──sentinel: readable──▶ waking ──Wake() done──▶ idle
///                                                                       │
///                        loop: about to wait again ──▶ watching again ──┘ (no rest in between)
///
/// The loop looks at everything before it waits, and epoll_wait tells what is readable already, so
/// what comes in between is not missed.
///
/// Thread safety: all functions may be called from any thread.
class LoopThread {
 public:
  /// `clock` outlives it.
  explicit LoopThread(Clock& clock);
  /// Runs what was posted, and ends. It must not drive anything any more.
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  /// For who looks whether it gets on: the kernel's number of its thread, 0 before that has begun,
  /// and how many turns it has begun. Rests count to the turn before.
  pid_t number() const { return number_.load(std::memory_order_relaxed); }
  uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }

  /// The one that the caller runs on, or null.
  static LoopThread* Current();

  /// Runs `fn` on it, soon, after what was posted before; also when called on it.
  void Post(absl::AnyInvocable<void()> fn);
  /// Runs `fn` on it, and waits until it has run; at once when called on it.
  void Do(absl::AnyInvocable<void()> fn);

  /// Drives it from now on.
  void Drive(Driven& driven);
  /// Gives it one more turn, and drives it no more.
  void Release(Driven& driven);

  /// Shares it from now on. At most one; of those that share it, one waits in it.
  void Share(Waited& waited, bool waits);
  /// Does not any more; none of its functions runs any more.
  void Unshare();

  /// Whom to nudge. Before Share; they outlive it.
  void SetHelpers(std::vector<LoopThread*> helpers) { helpers_ = std::move(helpers); }

 private:
  enum class Watch { kIdle, kWatching, kWaking, kWatchingAgain, kEnd };

  void Run();
  bool RunPosted();
  bool TurnShared(Instant now, absl::Duration took);
  void Sleep();
  void SleepHere(Instant until);
  void AwaitReadable(int millis);
  void Nudge();
  void StartWatching();
  void StopWatching();
  void RunSentinel();

  Clock& clock_;
  const UniqueFd epoll_;  // of what it drives, and wake_
  const UniqueFd wake_;   // an eventfd: something was posted
  const UniqueFd nudge_;  // likewise: somebody is busy

  std::mutex mutex_;
  std::vector<absl::AnyInvocable<void()>> posted_;
  std::atomic<bool> has_posted_{false};

  // Of the thread.
  std::vector<Driven*> driven_;
  Waited* waited_ = nullptr;
  bool waits_ = false;
  Instant next_look_;  // of one that does not wait
  absl::Duration between_looks_;
  std::vector<LoopThread*> helpers_;
  bool stopping_ = false;

  std::atomic<pid_t> number_{0};
  std::atomic<uint64_t> turns_{0};

  std::atomic<bool> asleep_{false};  // in its epoll_wait, and not nudged yet
  std::atomic<Watch> watch_{Watch::kIdle};
  std::thread sentinel_;
  std::thread thread_;
};

}  // namespace gw
