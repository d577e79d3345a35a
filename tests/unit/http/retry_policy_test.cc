#include "service/http/retry_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>

#include "tests/support/error_kinds.h"
#include "tests/support/fake_transport.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::Broken;
using testing::kAllKinds;
using testing::kAllPhases;

// Always the same number.
class OneNumber : public Random {
 public:
  explicit OneNumber(uint64_t number) : number_(number) {}
  uint64_t Next() override { return number_; }

 private:
  const uint64_t number_;
};

constexpr uint64_t kLargest = ~uint64_t{0};

Request OneShot() {
  Request request;
  request.one_shot = true;
  return request;
}

TEST(WhetherToSendAgain, IsDecidedByWhatAnswered) {
  for (int status = 100; status < 700; ++status) {
    const bool helps = status == 408 || status == 429 || (status >= 500 && status <= 599);
    EXPECT_EQ(MayEndBetter(Request(), Answered(status)), helps) << status;
    EXPECT_FALSE(MayEndBetter(OneShot(), Answered(status))) << status;
  }
}

TEST(WhetherToSendAgain, IsDecidedByWhatFailed) {
  const std::set<ErrorKind> helps = {ErrorKind::kResolve, ErrorKind::kConnect,
                                     ErrorKind::kConnectionLost, ErrorKind::kTimeout,
                                     ErrorKind::kInternal};
  for (const ErrorKind kind : kAllKinds) {
    for (const Phase phase : kAllPhases) {
      const bool of_any = helps.contains(kind);
      EXPECT_EQ(MayEndBetter(Request(), Broken(kind, phase)), of_any) << ErrorKindName(kind);
      EXPECT_EQ(MayEndBetter(OneShot(), Broken(kind, phase)),
                of_any && phase == Phase::kNotConnected)
          << ErrorKindName(kind);
    }
  }
}

TEST(AKeptConnection, IsWhatWasLostBeforeAnAnswerBegan) {
  for (const ErrorKind kind : kAllKinds) {
    for (const Phase phase : kAllPhases) {
      for (const bool kept : {true, false}) {
        Outcome outcome = Broken(kind, phase);
        std::get<TransportError>(outcome).kept_connection = kept;
        EXPECT_EQ(WasLostWithAKeptConnection(outcome),
                  kept && kind == ErrorKind::kConnectionLost && phase != Phase::kAnswering);
      }
    }
  }
  EXPECT_FALSE(WasLostWithAKeptConnection(Answered(503)));
}

TEST(Backoff, IsAnythingUpToABoundThatDoublesUntilItsMaximum) {
  const struct {
    int retry;
    absl::Duration bound;
  } kCases[] = {{1, absl::Milliseconds(100)},  {2, absl::Milliseconds(200)},
                {3, absl::Milliseconds(400)},  {4, absl::Milliseconds(800)},
                {5, absl::Milliseconds(900)},  {6, absl::Milliseconds(900)},
                {63, absl::Milliseconds(900)}, {1'000'000, absl::Milliseconds(900)}};
  OneNumber none(0), half(uint64_t{1} << 63), most(kLargest);
  for (const auto& [retry, bound] : kCases) {
    const auto delay = [&, n = retry](Random& random) {
      return Backoff(absl::Milliseconds(100), absl::Milliseconds(900), random).Delay(n);
    };
    EXPECT_EQ(delay(none), absl::ZeroDuration()) << retry;
    EXPECT_EQ(delay(half), bound / 2) << retry;
    EXPECT_LE(delay(most), bound) << retry;
    EXPECT_GT(delay(most), bound * 0.999999) << retry;
  }
}

TEST(Backoff, NeverComesBackBeforeTheUpstreamWantsItNorMuchLater) {
  OneNumber none(0), most(kLargest);
  EXPECT_EQ(Backoff(absl::Milliseconds(100), absl::Seconds(2), none).DelayAfter(absl::Seconds(1)),
            absl::Seconds(1));
  const absl::Duration latest =
      Backoff(absl::Milliseconds(100), absl::Seconds(2), most).DelayAfter(absl::Seconds(1));
  EXPECT_GT(latest, absl::Milliseconds(1099));
  EXPECT_LE(latest, absl::Milliseconds(1100));
}

// How many retries are left after so many requests.
int64_t Left(RetryBudget& budget, Instant now) {
  int64_t taken = 0;
  while (taken < 10'000 && budget.Take(now)) ++taken;
  return taken;
}

TEST(RetryBudget, IsAShareOfTheRequestsAndASmallFloor) {
  const Instant now = Instant::FromNanos(1'000'000'000);
  const struct {
    int percent, requests;
    int64_t retries;
  } kCases[] = {{20, 0, 20},     {20, 1, 20},   {20, 5, 21},      {20, 100, 40},
                {20, 1000, 220}, {0, 1000, 20}, {100, 1000, 1020}};
  for (const auto& [percent, requests, retries] : kCases) {
    RetryBudget budget(percent);
    for (int i = 0; i < requests; ++i) budget.Sent(now);
    EXPECT_EQ(Left(budget, now), retries) << percent << " % of " << requests;
  }
}

TEST(RetryBudget, ComesBackWithTime) {
  const Instant now = Instant::FromNanos(1'000'000'000);
  RetryBudget budget(20);
  for (int i = 0; i < 100; ++i) budget.Sent(now);
  EXPECT_EQ(Left(budget, now), 40);
  EXPECT_EQ(Left(budget, now + RetryBudget::kWindow / 2), 0);
  EXPECT_EQ(Left(budget, now + RetryBudget::kWindow + absl::Seconds(1)), RetryBudget::kFloor);
}

}  // namespace
}  // namespace gw::http
