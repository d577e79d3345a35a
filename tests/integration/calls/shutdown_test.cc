// How the server ends, whatever is under way.
#include <gtest/gtest.h>

#include <latch>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/base/detached_pool.h"
#include "tests/integration/calls/server.h"

namespace gw::testing {
namespace {

TEST(Shutdown, OfAServerThatNobodyCalled) {
  for (int i = 0; i < 50; ++i) Started(&Echo)->Shutdown();
}

TEST(Shutdown, OfAServerThatIsIdle) {
  auto server = Started(&Echo);
  Client client(server->address());
  EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::OK);
  ASSERT_TRUE(server->AwaitIdle());
  server->Shutdown();
  EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::UNAVAILABLE);
}

TEST(Shutdown, IsWhatTheDestructorDoes) {
  auto server = Started(&Echo);
  Client client(server->address());
  EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::OK);
  server.reset();
  EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::UNAVAILABLE);
}

TEST(Shutdown, CancelsTheCallsThatHandlersHoldAndWaitsForThem) {
  constexpr size_t kCalls = 100;  // more than are asked for at a time
  HeldCalls held;
  auto server = Started(held.Handle());
  Client client(server->address());
  std::vector<ClientCallPtr> made;
  for (size_t i = 0; i < kCalls; ++i) made.push_back(client.Call(Saying("x")));
  auto calls = held.Take(kCalls);
  std::atomic<bool> down{false};
  std::thread stopping([&] {
    server->Shutdown();
    down = true;
  });
  for (HeldCall& call : calls) {
    while (!call.info().cancel.stop_requested()) absl::SleepFor(absl::Milliseconds(1));
  }
  // For whoever would not wait.
  absl::SleepFor(absl::Milliseconds(100));
  for (HeldCall& call : calls) {
    EXPECT_FALSE(down);
    EXPECT_GT(server->active(), 0);
    Echo(std::move(call));
  }
  stopping.join();
  EXPECT_EQ(server->active(), 0);
  for (const auto& call : made) EXPECT_NE(call->AwaitCode(), grpc::StatusCode::OK);
}

// Each of the clients until it is told that the server is gone.
TEST(Shutdown, UnderLoadLosesNoCall) {
  constexpr int kClients = 4;
  constexpr size_t kAtOnce = 40;
  for (int round = 0; round < 30; ++round) {
    DetachedPool pool(2);
    std::atomic<unsigned> handled{0}, answered{0};
    auto server = Started([&](HeldCall call) {
      if (handled++ % 2 == 0) return Echo(std::move(call));
      pool.Submit([call = std::move(call)]() mutable { Echo(std::move(call)); });
    });
    std::vector<std::thread> clients;
    std::mutex mutex;
    std::set<grpc::StatusCode> codes;
    std::atomic<bool> enough{false};
    for (int c = 0; c < kClients; ++c) {
      clients.emplace_back([&] {
        Client client(server->address());
        while (!enough) {
          std::vector<ClientCallPtr> calls;
          for (size_t i = 0; i < kAtOnce; ++i) calls.push_back(client.Call(Saying("x")));
          for (const auto& call : calls) {
            const grpc::StatusCode code = call->AwaitCode();
            if (code == grpc::StatusCode::OK) ++answered;
            std::lock_guard lock(mutex);
            codes.insert(code);
            if (code != grpc::StatusCode::OK) enough = true;
          }
        }
      });
    }
    while (answered < 50U + 97U * static_cast<unsigned>(round)) {
      absl::SleepFor(absl::Microseconds(200));
    }
    server->Shutdown();
    EXPECT_EQ(server->active(), 0);
    const unsigned all = handled;
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(handled, all);  // none came any more
    for (const grpc::StatusCode code : codes) {
      EXPECT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::UNAVAILABLE ||
                  code == grpc::StatusCode::CANCELLED)
          << code;
    }
    pool.Finish();
  }
}

// As a handler that blocks would. Half of the callers do not wait for it.
TEST(Shutdown, WaitsForAThreadThatIsHeldUp) {
  for (size_t held_up = 0; held_up < 2; ++held_up) {
    std::atomic<unsigned> handled{0};
    auto server = Started([&](HeldCall call) {
      ++handled;
      Echo(std::move(call));
    });
    Client client(server->address());
    EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::OK);

    std::latch is_held(1), let_go(1);
    server->thread(held_up).Post([&] {
      is_held.count_down();
      let_go.wait();
    });
    is_held.wait();
    std::vector<ClientCallPtr> made;
    for (size_t i = 0; i < 100; ++i) made.push_back(client.Call(Saying("x")));
    std::atomic<bool> down{false};
    std::thread stopping([&] {
      server->Shutdown();
      down = true;
    });
    for (size_t i = 0; i < made.size(); i += 2) made[i]->Cancel();
    // For whoever would not wait.
    absl::SleepFor(absl::Milliseconds(100));
    EXPECT_FALSE(down);
    let_go.count_down();
    stopping.join();
    EXPECT_EQ(server->active(), 0);
    const unsigned all = handled;
    for (const auto& call : made) {
      const grpc::StatusCode code = call->AwaitCode();
      EXPECT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::UNAVAILABLE ||
                  code == grpc::StatusCode::CANCELLED)
          << code;
    }
    EXPECT_EQ(handled, all);
  }
}

// The threads outlive it, and go on with another one.
TEST(Shutdown, LeavesTheThreadsToTheNextServer) {
  auto first = Started(&Echo);
  {
    Client client(first->address());
    EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::OK);
  }
  first->Shutdown();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(first->Start().ok());
    Client client(first->address());
    for (int n = 0; n < 20; ++n) {
      EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::OK);
    }
    first->Shutdown();
    EXPECT_EQ(first->active(), 0);
  }
}

TEST(Start, FailsForAPortThatIsTakenAndLeavesNothingBehind) {
  auto holder = Started(&Echo);
  for (int i = 0; i < 20; ++i) {
    Server second(&Echo);
    const absl::Status status = second.Start(holder->address());
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(status.message(), absl::StrCat("cannot listen at ", holder->address()));
    EXPECT_EQ(second.active(), 0);
  }
  Client client(holder->address());
  EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::OK);
}

TEST(Start, MayBeTriedAgainAfterAPortThatIsTaken) {
  auto holder = Started(&Echo);
  Server second(&Echo);
  EXPECT_FALSE(second.Start(holder->address()).ok());
  ASSERT_TRUE(second.Start().ok());
  Client client(second.address());
  EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::OK);
}

}  // namespace
}  // namespace gw::testing
