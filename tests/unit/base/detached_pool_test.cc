#include "service/base/detached_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace gw {
namespace {

TEST(DetachedPool, HasRunEverythingWhenItHasFinished) {
  DetachedPool pool(3);
  std::atomic<int> ran{0};
  for (int round = 1; round <= 100; ++round) {
    for (int i = 0; i < 10; ++i) pool.Submit([&] { ++ran; });
    pool.Finish();
    ASSERT_EQ(ran, round * 10);
  }
}

TEST(DetachedPool, FinishesWhatIsSubmittedMeanwhileToo) {
  DetachedPool pool(1);
  std::atomic<bool> second{false};
  pool.Submit([&] { pool.Submit([&] { second = true; }); });
  pool.Finish();
  EXPECT_TRUE(second);
}

TEST(DetachedPool, HasFinishedBeforeItBegan) { DetachedPool(2).Finish(); }

TEST(DetachedPool, RunsAsManyAtOnceAsItHasThreads) {
  DetachedPool pool(2);
  std::promise<void> first_runs, second_runs;
  pool.Submit([&] {
    first_runs.set_value();
    second_runs.get_future().wait();
  });
  pool.Submit([&] {
    first_runs.get_future().wait();
    second_runs.set_value();
  });
  pool.Finish();
}

}  // namespace
}  // namespace gw
