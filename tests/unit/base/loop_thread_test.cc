// One loop thread by itself.
#include "service/base/loop_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/unit/base/loop_thread_fakes.h"

namespace gw {
namespace {

using ::testing::ElementsAre;

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

}  // namespace
}  // namespace gw
