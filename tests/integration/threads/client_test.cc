// The FakeClient, used by several threads.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "concero_gateway/fake_client.h"

namespace concero {
namespace {

constexpr int kThreads = 4, kIntents = 50;

TEST(FakeClientOfThreads, InvitesOnceWhoeverRepeats) {
  FakeClient client;
  std::vector<Intent> intents;
  for (int i = 0; i < kIntents; ++i) intents.emplace_back(119, "zoe@example.com");
  std::atomic<int> fresh = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (const Intent& intent : intents) {
        const auto allocated = client.Allocate(intent);
        ASSERT_TRUE(allocated.ok()) << allocated.status();
        if (!allocated->replayed()) ++fresh;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, kIntents);
  EXPECT_EQ(client.sent(), kIntents);
}

TEST(FakeClientOfThreads, TellsWatchersOfTheLastListUntilTheyAreCancelled) {
  FakeClient client;
  v1::Examination last;
  last.set_id(1000);
  std::atomic<int> saw_last = 0;
  std::stop_source stop;
  std::vector<std::thread> watchers;
  for (int i = 0; i < kThreads; ++i) {
    watchers.emplace_back([&] {
      const absl::Status status =
          client.WatchExaminations("",
                                   [&](const auto& update) {
                                     for (const auto& added : update.change().added()) {
                                       if (added.id() == last.id() && ++saw_last == kThreads)
                                         stop.request_stop();
                                     }
                                     for (const auto& known : update.snapshot().examinations()) {
                                       if (known.id() == last.id() && ++saw_last == kThreads)
                                         stop.request_stop();
                                     }
                                     return true;
                                   },
                                   {.timeout = absl::Seconds(60), .cancel = stop.get_token()});
      EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
    });
  }
  for (int i = 1; i < 20; ++i) {
    v1::Examination examination;
    examination.set_id(i);
    client.SetExaminations({examination});
  }
  client.SetExaminations({last});
  for (std::thread& watcher : watchers) watcher.join();
  EXPECT_EQ(saw_last, kThreads);
}

}  // namespace
}  // namespace concero
