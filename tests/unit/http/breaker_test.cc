#include "service/http/breaker.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "tests/support/error_kinds.h"
#include "tests/support/fake_transport.h"

namespace gw::http {
namespace {

using State = Breaker::State;
using testing::Answered;
using testing::Broken;

constexpr auto kGood = BreakerVerdict::kGood;
constexpr auto kBad = BreakerVerdict::kBad;
constexpr auto kSaysNothing = BreakerVerdict::kSaysNothing;

constexpr absl::Duration kPatience = absl::Seconds(3), kTook = absl::Milliseconds(2999);

TEST(BreakerVerdict, OfAnAnswerIsBadForEvery5xxAlone) {
  for (int status = 100; status < 700; ++status) {
    EXPECT_EQ(JudgeForBreaker(Answered(status), kTook, kPatience),
              status >= 500 && status < 600 ? kBad : kGood)
        << status;
  }
}

TEST(BreakerVerdict, OfAFailureIsBadWhenItIsTheUpstreams) {
  const std::set<ErrorKind> bad = {ErrorKind::kResolve,  ErrorKind::kConnect,
                                   ErrorKind::kProtocol, ErrorKind::kConnectionLost,
                                   ErrorKind::kTooLarge, ErrorKind::kTimeout};
  for (const ErrorKind kind : testing::kAllKinds) {
    for (const Phase phase : testing::kAllPhases) {
      EXPECT_EQ(JudgeForBreaker(Broken(kind, phase), kTook, kPatience),
                bad.contains(kind) ? kBad : kSaysNothing)
          << ErrorKindName(kind);
    }
  }
}

TEST(BreakerVerdict, OfAKeptConnectionThatWasClosedSaysNothing) {
  for (const Phase phase : testing::kAllPhases) {
    Outcome lost = Broken(ErrorKind::kConnectionLost, phase);
    std::get<TransportError>(lost).kept_connection = true;
    EXPECT_EQ(JudgeForBreaker(lost, kTook, kPatience),
              phase == Phase::kAnswering ? kBad : kSaysNothing);
  }
}

TEST(BreakerVerdict, OfACallersDeadlineIsBadWhenTheUpstreamHadTimeToAnswer) {
  for (const Phase phase : testing::kAllPhases) {
    const Outcome deadline = Broken(ErrorKind::kDeadline, phase);
    EXPECT_EQ(JudgeForBreaker(deadline, kPatience, kPatience),
              phase >= Phase::kPartlyWritten ? kBad : kSaysNothing);
    EXPECT_EQ(JudgeForBreaker(deadline, kTook, kPatience), kSaysNothing);
    const Outcome cancel = Broken(ErrorKind::kCancelled, phase);
    EXPECT_EQ(JudgeForBreaker(cancel, absl::Hours(1), kPatience), kSaysNothing);
  }
}

class BreakerTest : public ::testing::Test {
 protected:
  // True: it got a pass, and gave it back at once.
  bool Ask(BreakerVerdict verdict) {
    const auto pass = breaker_.Enter(now_);
    if (!pass) return false;
    breaker_.Leave(now_, *pass, verdict);
    return true;
  }
  void Ask(int times, BreakerVerdict verdict) {
    for (int i = 0; i < times; ++i) ASSERT_TRUE(Ask(verdict)) << i;
  }
  void OpenIt() {
    Ask(10, kBad);
    ASSERT_EQ(breaker_.state(now_), State::kOpen);
  }
  void Advance(absl::Duration by) { now_ = now_ + by; }

  Instant now_ = Instant::FromNanos(1'000'000'000);
  Breaker breaker_{{absl::Seconds(30), 10, 50, absl::Seconds(5)}};
};

TEST_F(BreakerTest, OpensAtTheShareOfFailuresAmongEnoughCalls) {
  Ask(9, kBad);
  EXPECT_EQ(breaker_.state(now_), State::kClosed) << "too few to conclude anything";
  Ask(1, kBad);
  EXPECT_EQ(breaker_.state(now_), State::kOpen);
}

TEST_F(BreakerTest, StaysClosedJustBelowTheShare) {
  Ask(11, kGood);
  Ask(10, kBad);
  EXPECT_EQ(breaker_.state(now_), State::kClosed);
  Ask(1, kBad);
  EXPECT_EQ(breaker_.state(now_), State::kOpen);
}

TEST_F(BreakerTest, CountsNothingThatSaysNothing) {
  Ask(100, kSaysNothing);
  Ask(9, kBad);
  EXPECT_EQ(breaker_.state(now_), State::kClosed);
}

TEST_F(BreakerTest, ForgetsWhatIsOlderThanItsWindow) {
  Ask(9, kBad);
  Advance(absl::Seconds(31));
  Ask(9, kBad);
  EXPECT_EQ(breaker_.state(now_), State::kClosed);
}

TEST_F(BreakerTest, WhileOpenNobodyPassesAndItSaysForHowLong) {
  OpenIt();
  EXPECT_FALSE(breaker_.Enter(now_).has_value());
  EXPECT_EQ(breaker_.Refusal(now_), absl::Seconds(5));
  Advance(absl::Milliseconds(4999));
  EXPECT_FALSE(Ask(kGood));
  EXPECT_EQ(breaker_.Refusal(now_), absl::Milliseconds(1));
}

TEST_F(BreakerTest, ThenOneProbeAtATimePasses) {
  OpenIt();
  Advance(absl::Seconds(5));
  EXPECT_EQ(breaker_.state(now_), State::kHalfOpen);
  EXPECT_EQ(breaker_.Refusal(now_), std::nullopt);
  const auto probe = breaker_.Enter(now_);
  ASSERT_TRUE(probe.has_value());
  EXPECT_FALSE(breaker_.Enter(now_).has_value());
  EXPECT_GT(breaker_.Refusal(now_).value(), absl::ZeroDuration());
  EXPECT_EQ(breaker_.state(now_), State::kHalfOpen);
  breaker_.Leave(now_, *probe, kGood);
  EXPECT_EQ(breaker_.state(now_), State::kClosed);
  Ask(9, kBad);
  EXPECT_EQ(breaker_.state(now_), State::kClosed) << "what was before no longer counts";
}

TEST_F(BreakerTest, ABadProbeOpensItAgain) {
  OpenIt();
  Advance(absl::Seconds(7));
  EXPECT_TRUE(Ask(kBad));
  EXPECT_EQ(breaker_.state(now_), State::kOpen);
  EXPECT_EQ(breaker_.Refusal(now_), absl::Seconds(5));
}

TEST_F(BreakerTest, AProbeThatSaysNothingIsFollowedByTheNext) {
  OpenIt();
  Advance(absl::Seconds(5));
  EXPECT_TRUE(Ask(kSaysNothing));
  EXPECT_EQ(breaker_.state(now_), State::kHalfOpen);
  EXPECT_TRUE(Ask(kGood));
  EXPECT_EQ(breaker_.state(now_), State::kClosed);
}

TEST_F(BreakerTest, WhatPassedBeforeItChangedDoesNotCount) {
  const auto slow = breaker_.Enter(now_), slower = breaker_.Enter(now_);
  OpenIt();
  breaker_.Leave(now_, *slow, kGood);
  EXPECT_EQ(breaker_.state(now_), State::kOpen);
  Advance(absl::Seconds(5));
  const auto probe = breaker_.Enter(now_);
  breaker_.Leave(now_, *slower, kBad);
  EXPECT_EQ(breaker_.state(now_), State::kHalfOpen);
  EXPECT_FALSE(breaker_.Enter(now_).has_value()) << "the probe is still under way";
  breaker_.Leave(now_, probe.value(), kGood);
  EXPECT_EQ(breaker_.state(now_), State::kClosed);
}

TEST(BreakerStateName, IsWhatReadyzSays) {
  EXPECT_EQ(BreakerStateName(State::kClosed), "closed");
  EXPECT_EQ(BreakerStateName(State::kOpen), "open");
  EXPECT_EQ(BreakerStateName(State::kHalfOpen), "half_open");
}

}  // namespace

}  // namespace gw::http
