// The decorators of http/ that send, and what they decide, when several threads share them.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/detached_pool.h"
#include "service/base/timer.h"
#include "service/http/clock_skew_transport.h"
#include "service/http/one_shot_sender.h"
#include "service/http/retry_transport.h"
#include "tests/integration/threads/threads.h"

namespace gw::testing {
namespace {

using http::ErrorKind;
using http::Outcome;
using http::Phase;
using http::TransportError;

// Ends each request on a thread of a pool with what `judge` makes of it.
class JudgedTransport : public http::Transport {
 public:
  using Judge = std::function<Outcome(const http::Request&)>;
  explicit JudgedTransport(Judge judge) : judge_(std::move(judge)) {}
  void Start(http::Request request, http::Completion done) override {
    pool_.Submit([this, request = std::move(request), done = std::move(done)]() mutable {
      std::this_thread::yield();
      std::move(done)(judge_(request));
    });
  }
  void Finish() { pool_.Finish(); }

 private:
  const Judge judge_;
  DetachedPool pool_{3};
};

size_t NumberOf(const http::Request& request) {
  size_t number = 0;
  EXPECT_TRUE(absl::SimpleAtoi(request.target, &number)) << request.target;
  return number;
}

http::Request Numbered(size_t number) {
  http::Request request;
  request.target = absl::StrCat(number);
  return request;
}

TEST(RetriesOfManyThreads, CompleteEachRequestOnceAfterAsManySendsAsItTakes) {
  constexpr size_t kPerThread = 1500;
  constexpr size_t kAll = kThreads * kPerThread;
  std::vector<std::atomic<int>> sends(kAll), completed(kAll), repeated(kAll), failed(kAll);
  std::vector<std::stop_source> cancels(kAll);
  std::atomic<size_t> all{0};
  // The first n % 4 sends of request n fail, one in two of them with a kept connection.
  JudgedTransport inner([&](const http::Request& request) -> Outcome {
    const size_t n = NumberOf(request);
    const int send = ++sends[n];
    if (send > static_cast<int>(n % 4)) return http::Response{200, "", ""};
    TransportError error{ErrorKind::kConnectionLost, Phase::kWritten, ""};
    error.kept_connection = n % 2 == 0;
    return error;
  });
  TimerLoop timer(SystemClock());
  std::thread ticking([&] { timer.Run(); });
  {
    const http::RetryTransport::Options options{3, absl::Microseconds(50), absl::Microseconds(100),
                                                100};
    http::RetryTransport retries(inner, options, SystemClock(), timer, SystemRandom());
    Together([&](int t) {
      for (size_t i = 0; i < kPerThread; ++i) {
        const size_t n = static_cast<size_t>(t) * kPerThread + i;
        http::Request request = Numbered(n);
        request.cancel = cancels[n].get_token();
        retries.Start(std::move(request), [&, n](const Outcome& outcome) {
          const auto* response = std::get_if<http::Response>(&outcome);
          failed[n] += response == nullptr ? 1 : 0;
          repeated[n] += response != nullptr && response->repeated ? 1 : 0;
          ++completed[n];
          ++all;
        });
        if (n % 5 == 0) cancels[(n * 7919) % kAll].request_stop();
      }
    });
    while (all < kAll) std::this_thread::yield();
    inner.Finish();
    while (retries.active() > 0) std::this_thread::yield();
  }
  timer.Stop();
  ticking.join();
  for (size_t n = 0; n < kAll; ++n) {
    const int failures = static_cast<int>(n % 4);
    EXPECT_EQ(completed[n], 1);
    EXPECT_LE(sends[n], failures + 1);
    EXPECT_GE(sends[n], 1);
    if (failed[n] == 0) {
      EXPECT_EQ(sends[n], failures + 1);
      EXPECT_EQ(repeated[n], failures > 0 ? 1 : 0);
    }
  }
}

TEST(RetriesOfManyThreads, EndAllWithTheirFailureWhenTheyAreStopped) {
  constexpr size_t kPerThread = 500;
  std::vector<std::atomic<int>> completed(kThreads * kPerThread);
  JudgedTransport inner([](const http::Request&) -> Outcome {
    return TransportError{ErrorKind::kConnect, Phase::kNotConnected, ""};
  });
  TimerLoop timer(SystemClock());
  std::thread ticking([&] { timer.Run(); });
  {
    const http::RetryTransport::Options options{1000, absl::Hours(1), absl::Hours(1), 100};
    http::RetryTransport retries(inner, options, SystemClock(), timer, SystemRandom());
    std::atomic<int> threads_left{kThreads};
    Together([&](int t) {
      for (size_t i = 0; i < kPerThread; ++i) {
        std::atomic<int>& mine = completed[static_cast<size_t>(t) * kPerThread + i];
        retries.Start(Numbered(i), [&mine](const Outcome&) { ++mine; });
      }
      if (--threads_left == kThreads / 2) retries.Stop();
    });
    inner.Finish();
    while (retries.active() > 0) std::this_thread::yield();
  }
  timer.Stop();
  ticking.join();
  for (const auto& count : completed) EXPECT_EQ(count, 1);
}

// What is told of one request, and what became of it.
struct Fate {
  std::atomic<int> left{0}, done{0}, late{0};
  std::atomic<bool> answered{false}, told_unsent{false}, told_it_goes_on{false};
};

TEST(OneShotsOfManyThreads, AreToldOnceAndTrulyWhetherTheyLeft) {
  constexpr size_t kPerThread = 1500;
  constexpr size_t kAll = kThreads * kPerThread;
  std::vector<Fate> fates(kAll);
  std::vector<std::stop_source> cancels(kAll);
  JudgedTransport inner([&](const http::Request& request) -> Outcome {
    if (request.cancel.stop_requested()) {
      return TransportError{ErrorKind::kCancelled, Phase::kNotConnected, ""};
    }
    if (!request.before_send()) return TransportError{ErrorKind::kRefused, Phase::kConnected, ""};
    ++fates[NumberOf(request)].left;
    std::this_thread::yield();
    return http::Response{201, "", ""};
  });
  TimerLoop timer(SystemClock());
  std::thread ticking([&] { timer.Run(); });
  http::OneShotSender sender(inner, timer, SystemClock(),
                             {absl::Seconds(2), absl::Microseconds(20)});
  Together([&](int t) {
    for (size_t i = 0; i < kPerThread; ++i) {
      const size_t n = static_cast<size_t>(t) * kPerThread + i;
      const Instant deadline =
          i % 3 == 0 ? SystemClock().Now() + absl::Microseconds(i % 400) : Instant::Never();
      sender.Send(
          Numbered(n), deadline, cancels[n].get_token(),
          [&fate = fates[n]](const Outcome& outcome) {
            ++fate.done;
            const auto* error = std::get_if<TransportError>(&outcome);
            if (error == nullptr) {
              fate.answered = true;
            } else {
              (error->NothingSent() ? fate.told_unsent : fate.told_it_goes_on) = true;
            }
          },
          [&fate = fates[n]](const Outcome&) { ++fate.late; });
      // Of whichever thread's requests.
      if (i % 2 == 0) cancels[(n * 7919) % kAll].request_stop();
    }
  });
  inner.Finish();
  timer.Stop();
  ticking.join();
  for (const Fate& fate : fates) {
    EXPECT_EQ(fate.done, 1);
    EXPECT_LE(fate.left, 1);
    EXPECT_EQ(fate.told_unsent, fate.left == 0);
    EXPECT_EQ(fate.late, fate.told_it_goes_on ? 1 : 0) << "how it ended, for who did not wait";
    EXPECT_EQ(fate.answered + fate.told_unsent + fate.told_it_goes_on, 1);
  }
}

// Each question what the time is takes some.
class HurriedClock : public Clock {
 public:
  Instant Now() override { return Instant::FromNanos(now_ += 50'000'000); }
  absl::Time WallNow() override { return absl::FromUnixSeconds(1'721'034'000); }
  Instant seen() const { return Instant::FromNanos(now_); }

 private:
  std::atomic<int64_t> now_{1'000'000'000};
};

TEST(ClockSkewOfManyThreads, IsWarnedOfOnceWhoeverLooks) {
  constexpr size_t kPerThread = 1000;
  HurriedClock clock;
  JudgedTransport inner([](const http::Request&) -> Outcome {
    return http::Response{200, "Date: Mon, 15 Jul 2024 10:00:00 GMT\r\n", ""};
  });
  http::ClockSkewTransport transport(inner, "upstream", clock);
  std::vector<std::atomic<int>> completed(kThreads * kPerThread);
  std::atomic<bool> torn{false};
  ::testing::internal::CaptureStderr();
  Together([&](int t) {
    for (size_t i = 0; i < kPerThread; ++i) {
      std::atomic<int>& mine = completed[static_cast<size_t>(t) * kPerThread + i];
      transport.Start({}, [&mine](const Outcome&) { ++mine; });
      const double apart = transport.SecondsApart();
      if (apart != -1 && apart != 3600) torn = true;
    }
  });
  inner.Finish();
  const std::string log = ::testing::internal::GetCapturedStderr();
  for (const auto& count : completed) EXPECT_EQ(count, 1);
  EXPECT_EQ(transport.SecondsApart(), 3600);
  EXPECT_FALSE(torn);
  ASSERT_GT(clock.seen() - Instant::FromNanos(0), absl::Seconds(10)) << "it was looked at often";
  ASSERT_LT(clock.seen() - Instant::FromNanos(0), http::ClockSkewTransport::kPause);
  EXPECT_EQ(log.find("clock_skew"), log.rfind("clock_skew")) << log;
  EXPECT_NE(log.find("clock_skew"), std::string::npos);
}

}  // namespace
}  // namespace gw::testing
