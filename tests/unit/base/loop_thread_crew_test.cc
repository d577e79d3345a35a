// Loop threads that share what one of them waits for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "tests/unit/base/loop_thread_fakes.h"

namespace gw {
namespace {

using ::testing::ElementsAre;

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
  // From its second turn on the other only looks, and finds nothing here, unless it is nudged.
  uint64_t turns = 0;
  second_.Do([&] { turns = second_.turns(); });
  while (second_.turns() < turns + 2) std::this_thread::yield();
  // Only who sleeps is nudged. Where it is between two sleeps just then, this is tried again.
  for (int i = 1; queue_.workers().size() < 2; ++i) {
    ASSERT_LE(i, 20) << "nobody was nudged";
    const int waits = queue_.waits();
    first_.Post([&] {
      // The next turn leaves what waits to the other for as long.
      first_.Post([&] {
        const Instant until = SystemClock().Now() + absl::Seconds(1);
        while (queue_.workers().size() < 2 && SystemClock().Now() < until) {
          std::this_thread::yield();
        }
      });
      queue_.Add(2);  // of which this turn takes one
      const Instant until = SystemClock().Now() + absl::Milliseconds(1);
      while (SystemClock().Now() < until) continue;
    });
    queue_.AwaitDone(2 * i);
    AwaitWait(queue_, waits);
  }
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

TEST_F(Crew, TheOtherLooksWhileTheOneThatWaitsIsHeldUp) {
  std::latch let_go(1);
  queue_.LetLook();
  queue_.HoldUp(let_go);
  ShareBoth();
  AwaitWait(queue_, 0);
  std::thread::id second;
  second_.Do([&] { second = std::this_thread::get_id(); });
  for (int i = 1; i <= 20; ++i) {
    queue_.Add(1);
    queue_.AwaitDone(i);
  }
  EXPECT_THAT(queue_.workers(), ElementsAre(second));
  let_go.count_down();
  first_.Do([] {});
}

TEST_F(Crew, TheOtherLooksWhileTheOneThatWaitsDoesSomethingElse) {
  queue_.LetLook();
  ShareBoth();
  AwaitWait(queue_, 0);
  std::latch is_held(1), let_go(1);
  first_.Post([&] {
    is_held.count_down();
    let_go.wait();
  });
  is_held.wait();
  queue_.Add(20);
  queue_.AwaitDone(20);
  let_go.count_down();
  first_.Do([] {});
}

TEST_F(Crew, AfterALongTurnWhatIsSharedGetsMoreOfThemUntilOneFindsSomething) {
  first_.Share(queue_, true);
  AwaitWait(queue_, 0);
  int done = 0;
  std::latch seen(1);
  first_.Post([&] {  // a turn: this, and the first of the others
    queue_.AddBehind(12, 3);
    const Instant until = SystemClock().Now() + absl::Milliseconds(20);
    while (SystemClock().Now() < until) continue;
    first_.Post([&] {  // the next one: this, all the others, and one item
      first_.Post([&] {
        done = queue_.done();
        seen.count_down();
      });
    });
  });
  seen.wait();
  EXPECT_EQ(done, 1);
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
