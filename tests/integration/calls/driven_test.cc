// What else the threads do, while calls come and while none does.
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <chrono>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "service/base/unique_fd.h"
#include "tests/integration/calls/server.h"
#include "tests/support/driven_counter.h"

namespace gw::testing {
namespace {

// Is due once, at an instant of the test's, and has no other way to say so.
class Alarm final : public Driven {
 public:
  int fd() const override { return fd_.get(); }
  Instant due() override { return due_; }
  bool Turn() override {
    if (SystemClock().Now() < due_) return false;
    due_ = Instant::Never();
    rung = true;
    rung.notify_all();
    return true;
  }
  void Set(Instant due) { due_ = due; }  // on its thread

  std::atomic<bool> rung{false};

 private:
  const UniqueFd fd_{eventfd(0, EFD_NONBLOCK)};
  Instant due_ = Instant::Never();
};

class DrivenBesideCalls : public ::testing::Test {
 protected:
  void SetUp() override {
    for (size_t i = 0; i < 2; ++i) server_->thread(i).Drive(counters_[i]);
  }
  void TearDown() override {
    for (size_t i = 0; i < 2; ++i) server_->thread(i).Release(counters_[i]);
  }
  // To both, each time when what was given before is taken.
  void GiveAndAwait(uint64_t times) {
    for (uint64_t n = 1; n <= times; ++n) {
      for (Counter& counter : counters_) counter.Give();
      for (Counter& counter : counters_) counter.Await(given_ + n);
    }
    given_ += times;
  }

  std::unique_ptr<Server> server_ = Started(&Echo);
  Counter counters_[2];
  uint64_t given_ = 0;
};

TEST_F(DrivenBesideCalls, IsServedWhileNoneComes) { GiveAndAwait(3000); }

TEST_F(DrivenBesideCalls, IsServedWhileManyCome) {
  std::atomic<bool> enough{false};
  std::atomic<int> answered{0}, failed{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&] {
      Client client(server_->address());
      while (!enough) {
        std::vector<ClientCallPtr> calls;
        for (int i = 0; i < 20; ++i) calls.push_back(client.Call(Saying("x")));
        for (const auto& call : calls) ++(call->Await().ok() ? answered : failed);
      }
    });
  }
  while (answered < 100) std::this_thread::yield();
  GiveAndAwait(1000);
  const int before = answered;
  while (answered < before + 1000) std::this_thread::yield();  // and calls go on, too
  enough = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
}

// Each call wakes a thread, and what is given while it is being woken must not be missed.
TEST_F(DrivenBesideCalls, IsServedBetweenCallsThatComeOneByOne) {
  Client client(server_->address());
  for (int i = 0; i < 1000; ++i) {
    const auto call = client.Call(Saying("x"));
    GiveAndAwait(1);
    ASSERT_TRUE(call->Await().ok());
  }
}

TEST_F(DrivenBesideCalls, IsServedWhenItIsDueThoughNothingComes) {
  for (size_t i = 0; i < 2; ++i) {
    Alarm alarm;
    server_->thread(i).Drive(alarm);
    server_->thread(i).Do([&] { alarm.Set(SystemClock().Now() + absl::Milliseconds(20)); });
    alarm.rung.wait(false);
    server_->thread(i).Release(alarm);
  }
}

// Handlers post to the other thread, as what comes from an upstream may be another thread's.
TEST(CallsAndThreads, AreFinishedOnTheOtherThreadThatMaySleep) {
  Server* self = nullptr;
  auto server = Started([&](HeldCall call) {
    LoopThread& other = self->thread(LoopThread::Current() == &self->thread(0) ? 1 : 0);
    other.Post([call = std::move(call)]() mutable { Echo(std::move(call)); });
  });
  self = server.get();
  Client client(server->address());
  for (int i = 0; i < 1000; ++i) {
    const auto call = client.Call(Saying(std::to_string(i)));
    ASSERT_TRUE(call->Await().ok());
    ASSERT_EQ(Said(call->response()), std::to_string(i));
  }
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(CallsAndThreads, GoOnWhileAHandlerHoldsOneUp) {
  std::latch is_held(1), let_go(1);
  auto server = Started([&](HeldCall call) {
    if (call.request().upstreams(0) == "hold") {
      is_held.count_down();
      let_go.wait();
    }
    Echo(std::move(call));
  });
  Client client(server->address());
  const auto held = client.Call(Saying("hold"));
  is_held.wait();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client
                  .Call(Saying("x"),
                        [](grpc::ClientContext& context) {
                          context.set_deadline(std::chrono::system_clock::now() +
                                               std::chrono::seconds(30));
                        })
                  ->AwaitCode(),
              grpc::StatusCode::OK);
  }
  let_go.count_down();
  EXPECT_EQ(held->AwaitCode(), grpc::StatusCode::OK);
}

}  // namespace
}  // namespace gw::testing
