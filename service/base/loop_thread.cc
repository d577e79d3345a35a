#include "service/base/loop_thread.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <latch>
#include <utility>

namespace gw {
namespace {

thread_local LoopThread* current = nullptr;

// After so many turns without a rest, or so long a one, others are nudged: they would find
// something.
constexpr int kBusyTurns = 4;
constexpr absl::Duration kLongTurn = absl::Microseconds(250);

// How many more turns what is shared gets after a long one; one that finds nothing costs about a
// thousandth of that.
constexpr absl::Duration kPerMore = absl::Milliseconds(1);
constexpr int64_t kMostMore = 16;

constexpr absl::Duration kBetweenLooks = absl::Milliseconds(100);
constexpr absl::Duration kBetweenGoodLooks = absl::Milliseconds(1);

void Watch(int epoll_fd, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  // Without it the thread would sleep through what happens; nothing starts then.
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) std::abort();
}

void Ring(int eventfd) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(eventfd, &one, sizeof one);
}

void Silence(int eventfd) {
  uint64_t count;
  [[maybe_unused]] const ssize_t got = read(eventfd, &count, sizeof count);
}

}  // namespace

int WaitMillis(absl::Duration left) {
  if (left == absl::InfiniteDuration()) return -1;
  const int64_t millis = absl::ToInt64Milliseconds(left + absl::Nanoseconds(999999));
  return static_cast<int>(std::clamp<int64_t>(millis, 0, 60'000));
}

LoopThread::LoopThread(Clock& clock)
    : clock_(clock),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      nudge_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!epoll_ || !wake_ || !nudge_) std::abort();
  gw::Watch(epoll_.get(), wake_.get());
  gw::Watch(epoll_.get(), nudge_.get());
  thread_ = std::thread([this] { Run(); });
}

LoopThread::~LoopThread() {
  Post([this] { stopping_ = true; });
  thread_.join();
  watch_ = Watch::kEnd;
  watch_.notify_all();
  if (sentinel_.joinable()) sentinel_.join();
}

LoopThread* LoopThread::Current() { return current; }

void LoopThread::Post(absl::AnyInvocable<void()> fn) {
  std::lock_guard lock(mutex_);
  posted_.push_back(std::move(fn));
  if (!has_posted_.exchange(true)) Ring(wake_.get());
}

void LoopThread::Do(absl::AnyInvocable<void()> fn) {
  if (current == this) return fn();
  std::latch done(1);
  Post([&] {
    fn();
    done.count_down();
  });
  done.wait();
}

void LoopThread::Drive(Driven& driven) {
  Do([&] {
    gw::Watch(epoll_.get(), driven.fd());
    driven_.push_back(&driven);
  });
}

void LoopThread::Release(Driven& driven) {
  Do([&] {
    driven.Turn();
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, driven.fd(), nullptr);
    std::erase(driven_, &driven);
  });
}

void LoopThread::Share(Waited& waited, bool waits) {
  Do([&] {
    waited_ = &waited;
    waits_ = waits;
    between_looks_ = kBetweenLooks;
    if (waits && !sentinel_.joinable()) sentinel_ = std::thread([this] { RunSentinel(); });
  });
}

void LoopThread::Unshare() {
  Do([&] {
    StopWatching();
    waited_ = nullptr;
  });
}

void LoopThread::Run() {
  current = this;
  number_ = gettid();
  int turns = 0;
  Instant began = clock_.Now();
  absl::Duration took;
  while (!stopping_) {
    turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    bool busy = RunPosted();
    if (waited_ != nullptr) busy |= TurnShared(began, took);
    for (size_t i = 0; i < driven_.size(); ++i) busy |= driven_[i]->Turn();
    if (!busy && !stopping_) {
      turns = 0;
      Sleep();
    }
    const Instant now = clock_.Now();
    took = busy ? now - began : absl::ZeroDuration();
    if (busy && waited_ != nullptr) {
      if (++turns % kBusyTurns == 0 || took > kLongTurn) Nudge();
    }
    began = now;
  }
  RunPosted();
}

bool LoopThread::RunPosted() {
  if (!has_posted_) return false;
  std::vector<absl::AnyInvocable<void()>> mine;
  {
    std::lock_guard lock(mutex_);
    has_posted_ = false;
    Silence(wake_.get());
    mine.swap(posted_);
  }
  for (auto& fn : mine) fn();
  return true;
}

bool LoopThread::TurnShared(Instant now, absl::Duration took) {
  if (waits_ || now < next_look_) {
    bool found = waited_->Turn();
    for (int64_t more = std::min(took / kPerMore, kMostMore); more > 0; --more) {
      if (waited_->Turn()) return true;
    }
    return found;
  }
  const bool found = waited_->Look();
  between_looks_ = found ? kBetweenGoodLooks : std::min(2 * between_looks_, kBetweenLooks);
  next_look_ = now + between_looks_;
  return found;
}

void LoopThread::Sleep() {
  Instant until = Instant::Never();
  for (Driven* driven : driven_) until = std::min(until, driven->due());
  if (waited_ == nullptr || !waits_) return SleepHere(until);
  waited_->BeginWait();  // first: what the sentinel wakes must be known to wait
  StartWatching();
  waited_->Wait(until);
}

void LoopThread::SleepHere(Instant until) {
  if (waited_ != nullptr) until = std::min(until, next_look_);
  asleep_ = true;
  AwaitReadable(WaitMillis(until - clock_.Now()));
  asleep_ = false;
}

// A nudge may come late, when it has been awake already, so it is silenced when it is heard.
void LoopThread::AwaitReadable(int millis) {
  epoll_event event;
  const int readable = epoll_wait(epoll_.get(), &event, 1, millis);
  if (readable > 0 && event.data.fd == nudge_.get()) Silence(nudge_.get());
}

void LoopThread::Nudge() {
  for (LoopThread* helper : helpers_) {
    if (helper->asleep_.exchange(false)) Ring(helper->nudge_.get());
  }
}

void LoopThread::StartWatching() {
  enum Watch seen = watch_;
  while (seen == Watch::kIdle || seen == Watch::kWaking) {
    const bool idle = seen == Watch::kIdle;
    if (!watch_.compare_exchange_weak(seen, idle ? Watch::kWatching : Watch::kWatchingAgain)) {
      continue;
    }
    if (idle) watch_.notify_all();
    return;
  }
}

void LoopThread::StopWatching() {
  Ring(wake_.get());
  for (enum Watch seen = watch_; seen != Watch::kIdle; seen = watch_) watch_.wait(seen);
  std::lock_guard lock(mutex_);
  if (!has_posted_) Silence(wake_.get());
}

void LoopThread::RunSentinel() {
  while (true) {
    watch_.wait(Watch::kIdle);
    if (watch_ == Watch::kEnd) return;
    AwaitReadable(-1);
    watch_ = Watch::kWaking;
    waited_->Wake();
    enum Watch seen = Watch::kWaking;
    if (watch_.compare_exchange_strong(seen, Watch::kIdle)) {
      watch_.notify_all();  // who stops watching
    } else {
      watch_ = Watch::kWatching;
    }
  }
}

}  // namespace gw
