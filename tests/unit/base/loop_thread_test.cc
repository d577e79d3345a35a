#include "service/base/loop_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace gw {
namespace {

using ::testing::ElementsAre;

// Counts what was given to it, on whichever thread it is driven.
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

// As a completion queue: waited for by a condition of its own, which no epoll knows of.
class Queue final : public Waited {
 public:
  bool Turn() override {
    std::unique_lock lock(mutex_);
    return !waiting_ && Work(lock);
  }
  void BeginWait() override {
    std::lock_guard lock(mutex_);
    waiting_ = true;
  }
  void Wait(Instant until) override {
    std::unique_lock lock(mutex_);
    ++waits_;
    while (items_ == 0 && !woken_ && SystemClock().Now() < until) {
      if (until.IsNever()) {
        changed_.wait(lock);
      } else {
        changed_.wait_for(lock, absl::ToChronoNanoseconds(until - SystemClock().Now()));
      }
    }
    waiting_ = woken_ = false;
    Work(lock);
  }
  void Wake() override {
    std::lock_guard lock(mutex_);
    woken_ = waiting_;  // no more is promised
    changed_.notify_all();
  }

  void Add(int items) {
    std::lock_guard lock(mutex_);
    items_ += items;
    changed_.notify_all();
  }
  int done() {
    std::lock_guard lock(mutex_);
    return done_;
  }
  int waits() {
    std::lock_guard lock(mutex_);
    return waits_;
  }
  std::set<std::thread::id> workers() {
    std::lock_guard lock(mutex_);
    return workers_;
  }
  void AwaitDone(int count) {
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [&] { return done_ >= count; });
  }

 private:
  bool Work(std::unique_lock<std::mutex>&) {
    if (items_ == 0) return false;
    --items_;
    ++done_;
    workers_.insert(std::this_thread::get_id());
    finished_.notify_all();
    return true;
  }

  std::mutex mutex_;
  std::condition_variable changed_, finished_;
  int items_ = 0, done_ = 0, waits_ = 0;
  bool waiting_ = false, woken_ = false;
  std::set<std::thread::id> workers_;
};

void AwaitWait(Queue& queue, int before) {
  while (queue.waits() <= before) std::this_thread::yield();
}

TEST(LoopThread, RunsWhatIsPostedInOrderAndOnItself) {
  LoopThread loop(SystemClock());
  std::vector<int> order;
  LoopThread* ran_on = nullptr;
  loop.Post([&] { order.push_back(1); });
  loop.Post([&] {
    loop.Post([&] { order.push_back(3); });
    loop.Do([&] { order.push_back(2); });  // at once: it is this thread
    ran_on = LoopThread::Current();
  });
  loop.Do([] {});
  loop.Do([] {});
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
  EXPECT_EQ(ran_on, &loop);
  EXPECT_EQ(LoopThread::Current(), nullptr);
}

TEST(LoopThread, RunsWhatIsPostedBeforeItEnds) {
  int ran = 0;
  {
    LoopThread loop(SystemClock());
    for (int i = 0; i < 100; ++i) loop.Post([&] { ++ran; });
  }
  EXPECT_EQ(ran, 100);
}

TEST(LoopThread, GivesATurnWhenTheDescriptorIsReadable) {
  LoopThread loop(SystemClock());
  Counter counter;
  loop.Drive(counter);
  for (uint64_t i = 1; i <= 1000; ++i) {
    counter.Give();
    counter.Await(i);
  }
  loop.Release(counter);
}

TEST(LoopThread, GivesATurnWhenOneIsDue) {
  LoopThread loop(SystemClock());
  Counter counter;
  loop.Drive(counter);
  const Instant due = SystemClock().Now() + absl::Milliseconds(20);
  loop.Do([&] { counter.SetDue(due); });
  counter.was_due.wait(false);
  EXPECT_GE(SystemClock().Now(), due);
  loop.Release(counter);
}

TEST(LoopThread, GivesOneMoreTurnAtTheReleaseAndNoneAfterwards) {
  LoopThread loop(SystemClock());
  Counter counter;
  loop.Drive(counter);
  int turns = 0;
  loop.Do([&] {
    turns = counter.turns;
    loop.Release(counter);
    turns = counter.turns - turns;
  });
  EXPECT_EQ(turns, 1);
  const int after = counter.turns;
  counter.Give();
  loop.Do([] {});
  EXPECT_EQ(counter.turns, after);
}

TEST(LoopThread, DoesWhatComesByAWait) {
  LoopThread loop(SystemClock());
  Queue queue;
  loop.Share(queue, true);
  for (int i = 1; i <= 1000; ++i) {
    queue.Add(1);
    queue.AwaitDone(i);
  }
  loop.Unshare();
}

// The wait knows nothing of the descriptor: the sentinel does.
TEST(LoopThread, IsWokenFromAWaitByADescriptor) {
  LoopThread loop(SystemClock());
  Counter counter;
  Queue queue;
  loop.Drive(counter);
  loop.Share(queue, true);
  for (uint64_t i = 1; i <= 2000; ++i) {
    if (i % 2 == 0) AwaitWait(queue, queue.waits() - 1);
    counter.Give();
    counter.Await(i);
  }
  loop.Unshare();
  loop.Release(counter);
}

TEST(LoopThread, IsWokenFromAWaitByWhatIsPosted) {
  LoopThread loop(SystemClock());
  Queue queue;
  loop.Share(queue, true);
  int ran = 0;
  for (int i = 0; i < 1000; ++i) loop.Do([&] { ++ran; });
  EXPECT_EQ(ran, 1000);
  loop.Unshare();
}

TEST(LoopThread, IsWokenFromAWaitWhenATurnIsDue) {
  LoopThread loop(SystemClock());
  Counter counter;
  Queue queue;
  loop.Drive(counter);
  loop.Share(queue, true);
  loop.Do([&] { counter.SetDue(SystemClock().Now() + absl::Milliseconds(20)); });
  counter.was_due.wait(false);
  loop.Unshare();
  loop.Release(counter);
}

// From both sides at once, and from several threads: nothing is missed.
TEST(LoopThread, MissesNothing) {
  constexpr uint64_t kEach = 5000;
  LoopThread loop(SystemClock());
  Counter counter;
  Queue queue;
  std::atomic<int> posted{0};
  loop.Drive(counter);
  loop.Share(queue, true);
  std::vector<std::thread> givers;
  for (int thread = 0; thread < 2; ++thread) {
    givers.emplace_back([&] {
      for (uint64_t i = 0; i < kEach; ++i) {
        counter.Give();
        if (i % 16 == 0) counter.Await(1);
        queue.Add(1);
        loop.Post([&] { ++posted; });
        if (i % 64 == 0) loop.Do([] {});
      }
    });
  }
  for (std::thread& giver : givers) giver.join();
  counter.Await(2 * kEach);
  queue.AwaitDone(2 * kEach);
  loop.Do([] {});
  EXPECT_EQ(posted, static_cast<int>(2 * kEach));
  loop.Unshare();
  loop.Release(counter);
}

class Crew : public ::testing::Test {
 protected:
  Crew() {
    first_.SetHelpers({&second_});
    second_.SetHelpers({&first_});
  }
  void ShareBoth() {
    first_.Share(queue_, true);
    second_.Share(queue_, false);
  }
  ~Crew() override {
    first_.Unshare();
    second_.Unshare();
  }
  Queue queue_;
  LoopThread first_{SystemClock()}, second_{SystemClock()};
};

TEST_F(Crew, BothDriveWhatTheyHaveWhileOneWaits) {
  ShareBoth();
  AwaitWait(queue_, 0);
  Counter counter;
  for (LoopThread* loop : {&first_, &second_}) {
    loop->Drive(counter);
    const uint64_t before = counter.taken;
    counter.Give();
    counter.Await(before + 1);
    loop->Release(counter);
  }
}

TEST_F(Crew, WithLittleToDoOneDoesItAll) {
  ShareBoth();
  for (int i = 0; i < 100; ++i) {
    AwaitWait(queue_, i);  // for the wait that follows the item before
    queue_.Add(1);
    queue_.AwaitDone(i + 1);
  }
  std::thread::id first;
  first_.Do([&] { first = std::this_thread::get_id(); });
  EXPECT_THAT(queue_.workers(), ElementsAre(first));
}

TEST_F(Crew, WithMuchToDoBothTakeAShare) {
  ShareBoth();
  // However late the other one is given a processor.
  while (queue_.workers().size() < 2) queue_.Add(100);
}

TEST_F(Crew, AfterOneLongTurnTheOtherTakesAShare) {
  ShareBoth();
  AwaitWait(queue_, 0);
  first_.Post([&] {
    // The next turn does not end before somebody else has done what waits.
    first_.Post([&] {
      while (queue_.done() < 2) std::this_thread::yield();
    });
    queue_.Add(2);  // of which this turn takes one
    const Instant until = SystemClock().Now() + absl::Milliseconds(1);
    while (SystemClock().Now() < until) continue;
  });
  queue_.AwaitDone(2);
  EXPECT_EQ(queue_.workers().size(), 2U);
}

// What the one that waits has to do beside waiting is done when the other has become busy, too.
TEST_F(Crew, TheOneThatWaitsIsWokenWhileTheOtherIsBusy) {
  Counter counter;
  first_.Drive(counter);
  ShareBoth();
  for (uint64_t i = 1; i <= 500; ++i) {
    second_.Post([this] { queue_.Add(3); });
    counter.Give();
    counter.Await(i);
  }
  queue_.AwaitDone(1500);
  first_.Release(counter);
}

TEST_F(Crew, LeavesAWaitAtOnceAndForGood) {
  ShareBoth();
  AwaitWait(queue_, 0);
  first_.Unshare();
  second_.Unshare();
  const int waits = queue_.waits();
  queue_.Add(1);
  first_.Do([] {});
  second_.Do([] {});
  EXPECT_EQ(queue_.done(), 0);
  EXPECT_EQ(queue_.waits(), waits);
  queue_.BeginWait();
  queue_.Wait(Instant());
  EXPECT_EQ(queue_.done(), 1);
  first_.Share(queue_, true);
  queue_.Add(1);
  queue_.AwaitDone(2);
}

}  // namespace
}  // namespace gw
