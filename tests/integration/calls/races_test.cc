// Calls that end while they begin, and by two at once.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <semaphore>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/detached_pool.h"
#include "tests/integration/calls/server.h"

namespace gw::testing {
namespace {

// Finishes a call when it is cancelled, and not before.
class UntilCancelled {
 public:
  static void Hold(HeldCall call) {
    auto* held = new UntilCancelled(std::move(call));
    held->watch_.emplace(held->call_->info().cancel, Finish{held});
    held->LeaveOne();
  }

 private:
  struct Finish {
    UntilCancelled* held;
    void operator()() const { held->LeaveOne(); }
  };
  explicit UntilCancelled(HeldCall call) { call_.emplace(std::move(call)); }
  // The callback may run before it is in its place.
  void LeaveOne() {
    if (--left_ > 0) return;
    HeldCall call = *std::move(call_);
    delete this;
    Echo(std::move(call));
  }

  std::optional<HeldCall> call_;
  std::optional<std::stop_callback<Finish>> watch_;
  std::atomic<int> left_{2};
};

// What of a client's calls came out.
struct Counts {
  std::atomic<int> ok{0}, cancelled{0}, other{0};
};

TEST(CallsThatAreCancelledAtAnyMoment, AllEndOnceWhoeverFinishesThem) {
  constexpr int kClients = 4;
  constexpr int kPerClient = 1500;
  constexpr int kAtOnce = 30;
  DetachedPool pool(2);
  std::atomic<unsigned> next{0};
  auto server = Started([&](HeldCall call) {
    switch (next++ % 4) {
      case 0:
        return Echo(std::move(call));
      case 1:
        return;  // dropped
      case 2:
        return pool.Submit([call = std::move(call)]() mutable { Echo(std::move(call)); });
      default:
        return UntilCancelled::Hold(std::move(call));
    }
  });
  Counts counts;
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      std::minstd_rand random(static_cast<unsigned>(c + 1));
      std::uniform_int_distribution<int> wait_us(0, 300);
      Client client(server->address());
      for (int done = 0; done < kPerClient; done += kAtOnce) {
        std::vector<ClientCallPtr> calls;
        for (int i = 0; i < kAtOnce; ++i) {
          calls.push_back(client.Call(Saying("x")));
          // Of some earlier one, or this.
          absl::SleepFor(absl::Microseconds(wait_us(random) / kAtOnce));
          calls[random() % calls.size()]->Cancel();
        }
        absl::SleepFor(absl::Microseconds(wait_us(random)));
        for (const auto& call : calls) call->Cancel();
        for (const auto& call : calls) {
          const grpc::StatusCode code = call->AwaitCode();
          ++(code == grpc::StatusCode::OK          ? counts.ok
             : code == grpc::StatusCode::CANCELLED ? counts.cancelled
                                                   : counts.other);
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(counts.ok + counts.cancelled, kClients * kPerClient);
  EXPECT_EQ(counts.other, 0);
  EXPECT_TRUE(server->AwaitIdle());
  EXPECT_GT(next, 0U);  // some got as far as their handler
  pool.Finish();
}

// Cancelled exactly when their handler begins, which is where both sides must see each other.
TEST(CallsThatAreCancelledAtAnyMoment, AreToldAlsoWhileTheirHandlerBegins) {
  constexpr int kCalls = 3000;
  std::atomic<int> begun{0};
  // A call that is not told stays for ever.
  auto server = Started([&](HeldCall call) {
    ++begun;
    UntilCancelled::Hold(std::move(call));
  });
  Client client(server->address());
  std::minstd_rand random(7);
  for (int i = 0; i < kCalls; ++i) {
    const auto call = client.Call(Saying("x"));
    absl::SleepFor(absl::Microseconds(random() % 120));
    call->Cancel();
    EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_TRUE(server->AwaitIdle());
  EXPECT_GT(begun, 0);
}

// Stops the LoopThread that asks it the second time: a call is counted as begun by then, and its
// handler not called.
class StoppingClock final : public Clock {
 public:
  Instant Now() override {
    if (LoopThread::Current() != nullptr && asked_left_ > 0 && --asked_left_ == 0) {
      stopped_ = LoopThread::Current();
      stopped_.notify_all();
      go_on_.acquire();
    }
    return SystemClock().Now();
  }
  absl::Time WallNow() override { return SystemClock().WallNow(); }

  void Arm() {
    stopped_ = nullptr;
    asked_left_ = 2;
  }
  LoopThread* AwaitStopped() {
    stopped_.wait(nullptr);
    return stopped_;
  }
  void GoOn() { go_on_.release(); }

 private:
  std::atomic<int> asked_left_{0};
  std::atomic<LoopThread*> stopped_{nullptr};
  std::binary_semaphore go_on_{0};
};

TEST(CallsThatAreCancelledAtAnyMoment, AreToldAlsoBeforeTheirHandlerBegins) {
  std::atomic<int> cancelled_before{0};
  StoppingClock clock;
  Server server(
      [&](HeldCall call) {
        if (call.info().cancel.stop_requested()) ++cancelled_before;
        UntilCancelled::Hold(std::move(call));
      },
      {}, clock);
  ASSERT_TRUE(server.Start().ok());
  Client client(server.address());
  while (cancelled_before < 10) {
    clock.Arm();
    const auto call = client.Call(Saying("x"));
    const LoopThread* at_it = clock.AwaitStopped();
    call->Cancel();
    EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::CANCELLED);
    // The other one is told that it is over, if it is in time.
    LoopThread& other = server.thread(at_it == &server.thread(0) ? 1 : 0);
    for (int i = 0; i < 10; ++i) {
      other.Do([] {});
      absl::SleepFor(absl::Microseconds(500));
    }
    clock.GoOn();
    ASSERT_TRUE(server.AwaitIdle());
  }
}

TEST(CallsOfManyThreads, AreEachAnsweredWithTheirOwn) {
  constexpr int kClients = 4;
  constexpr int kPerClient = 2000;
  constexpr int kAtOnce = 100;
  DetachedPool pool(2);
  std::atomic<unsigned> next{0};
  auto server = Started([&](HeldCall call) {
    if (next++ % 2 == 0) return Echo(std::move(call));
    pool.Submit([call = std::move(call)]() mutable { Echo(std::move(call)); });
  });
  std::atomic<int> right{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      Client client(server->address());
      for (int done = 0; done < kPerClient; done += kAtOnce) {
        std::vector<ClientCallPtr> calls;
        for (int i = 0; i < kAtOnce; ++i) {
          calls.push_back(client.Call(Saying(std::to_string(c * kPerClient + done + i))));
        }
        for (int i = 0; i < kAtOnce; ++i) {
          const auto& call = calls[static_cast<size_t>(i)];
          if (call->AwaitCode() == grpc::StatusCode::OK &&
              Said(call->response()) == std::to_string(c * kPerClient + done + i)) {
            ++right;
          }
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, kClients * kPerClient);
  EXPECT_EQ(next, static_cast<unsigned>(kClients * kPerClient));
  EXPECT_TRUE(server->AwaitIdle());
  pool.Finish();
}

}  // namespace
}  // namespace gw::testing
