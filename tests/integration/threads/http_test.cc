// The classes of http/ that several threads share, but for the engine.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>

#include "service/base/detached_pool.h"
#include "service/base/timer.h"
#include "service/http/large_answer_transport.h"
#include "service/http/limited_transport.h"
#include "service/http/resolver.h"
#include "tests/integration/threads/threads.h"

namespace gw::testing {
namespace {

// Answers each request on a thread of a pool, and knows how many were under way at once.
class PooledTransport : public http::Transport {
 public:
  explicit PooledTransport(std::string body = "") : body_(std::move(body)) {}
  void Start(http::Request, http::Completion done) override {
    int now = ++under_way_;
    for (int most = most_; now > most && !most_.compare_exchange_weak(most, now);) {
    }
    pool_.Submit([this, done = std::move(done)]() mutable {
      std::this_thread::yield();
      --under_way_;
      std::move(done)(http::Response{200, "", body_});
    });
  }
  int most() const { return most_; }
  void Finish() { pool_.Finish(); }

 private:
  const std::string body_;
  std::atomic<int> under_way_{0}, most_{0};
  DetachedPool pool_{3};
};

TEST(LimitOfManyThreads, CompletesEachRequestOnceAndKeepsTheLimit) {
  constexpr size_t kPerThread = 1500;
  constexpr int kLimit = 5;
  PooledTransport inner;
  TimerLoop timer(SystemClock());
  std::thread ticking([&] { timer.Run(); });
  std::vector<std::atomic<int>> completed(kThreads * kPerThread);
  std::vector<std::stop_source> cancels(kThreads * kPerThread);
  std::atomic<size_t> all{0};
  {
    ByteBudget memory(size_t{1} << 30);
    http::LimitedTransport limited(inner, {kLimit, 200}, memory, SystemClock(), timer);
    Together([&](int t) {
      for (size_t i = 0; i < kPerThread; ++i) {
        const size_t n = static_cast<size_t>(t) * kPerThread + i;
        http::Request request;
        request.cancel = cancels[n].get_token();
        if (i % 3 == 0) request.deadline = SystemClock().Now() + absl::Microseconds(i % 300);
        limited.Start(std::move(request), [&completed, &all, n](const http::Outcome&) {
          ++completed[n];
          ++all;
        });
        // Of whichever thread's requests.
        if (i % 5 == 0) cancels[(n * 7919) % cancels.size()].request_stop();
      }
    });
    while (all < completed.size()) std::this_thread::yield();
  }
  timer.Stop();
  ticking.join();
  for (const auto& count : completed) EXPECT_EQ(count, 1);
  EXPECT_LE(inner.most(), kLimit);
}

// What Upstream relies on when it stops: once those who answer have finished, and then the pool
// that decodes, nothing is left to call back.
TEST(LargeAnswersOfManyThreads, AreAllCompletedWhenThePoolHasFinished) {
  constexpr size_t kPerThread = 500;
  PooledTransport inner(std::string(http::LargeAnswerTransport::kLarge + 1, 'x'));
  DetachedPool decoding(2);
  std::vector<std::atomic<int>> completed(kThreads * kPerThread);
  {
    http::LargeAnswerTransport large(inner, [&](auto fn) { decoding.Submit(std::move(fn)); });
    Together([&](int t) {
      for (size_t i = 0; i < kPerThread; ++i) {
        std::atomic<int>& mine = completed[static_cast<size_t>(t) * kPerThread + i];
        large.Start({}, [&mine](const http::Outcome& outcome) {
          if (std::get<http::Response>(outcome).body.back() == 'x') ++mine;
        });
      }
    });
    inner.Finish();
    decoding.Finish();
  }
  for (const auto& count : completed) EXPECT_EQ(count, 1);
}

TEST(ResolverOfManyThreads, AnswersEachQuestionOnceWithOneLookupPerNameAtATime) {
  constexpr int kPerThread = 500;
  constexpr int kNames = 5;
  auto looking_up = std::make_shared<std::vector<std::atomic<int>>>(kNames);
  auto overlapped = std::make_shared<std::atomic<bool>>(false);
  std::atomic<int> answered{0}, told{0};
  {
    http::CachingResolver resolver(SystemClock(), [=](const std::string& host) {
      std::atomic<int>& mine = (*looking_up)[static_cast<size_t>(host[0] - '0')];
      if (++mine > 1) *overlapped = true;
      std::this_thread::yield();
      --mine;
      return absl::StatusOr<std::vector<std::string>>(std::vector<std::string>{"127.0.0.1"});
    });
    Together([&](int t) {
      for (int i = 0; i < kPerThread; ++i) {
        const std::string host = std::to_string((i + t) % kNames);
        (void)resolver.Fresh(host);
        resolver.Resolve(host, [&](const absl::StatusOr<http::Addresses>& addresses) {
          if (addresses.ok()) ++answered;
          ++told;
        });
      }
    });
    while (told < kThreads * kPerThread) std::this_thread::yield();
  }
  EXPECT_EQ(told, kThreads * kPerThread);
  EXPECT_EQ(answered, kThreads * kPerThread);
  EXPECT_FALSE(*overlapped);
}

TEST(ResolverOfManyThreads, TellsEveryWaiterWhenItEnds) {
  constexpr int kPerThread = 200;
  auto release = std::make_shared<std::atomic<bool>>(false);
  std::atomic<int> told{0};
  {
    http::CachingResolver resolver(SystemClock(), [release](const std::string&) {
      while (!*release) std::this_thread::yield();
      return absl::StatusOr<std::vector<std::string>>(std::vector<std::string>{"127.0.0.1"});
    });
    Together([&](int) {
      for (int i = 0; i < kPerThread; ++i) {
        resolver.Resolve("stuck.test", [&](const absl::StatusOr<http::Addresses>& addresses) {
          EXPECT_TRUE(absl::IsCancelled(addresses.status())) << addresses.status();
          ++told;
        });
      }
    });
  }
  EXPECT_EQ(told, kThreads * kPerThread);
  *release = true;
}

}  // namespace
}  // namespace gw::testing
