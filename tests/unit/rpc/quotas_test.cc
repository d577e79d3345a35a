#include "service/rpc/quotas.h"

#include <gtest/gtest.h>

#include <list>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/failures.h"
#include "tests/support/fakes.h"

namespace gw::rpc {
namespace {

using testing::CodeAndReason;

constexpr char kRefused[] = "RESOURCE_EXHAUSTED QUOTA_EXCEEDED";

class QuotasTest : public ::testing::Test {
 protected:
  static Quotas::Options PerSecond(double n) { return {{n, std::nullopt}, {}, false}; }
  static Quotas::Options InFlight(int n) { return {{std::nullopt, n}, {}, false}; }

  // A call that is over at once.
  static absl::Status Call(Quotas& quotas, absl::string_view caller = "web") {
    Quotas::Place place;
    return quotas.Admit(caller, place);
  }
  // How many calls at once are admitted.
  static int Burst(Quotas& quotas, absl::string_view caller = "web") {
    int n = 0;
    while (n < 1000 && Call(quotas, caller).ok()) ++n;
    return n;
  }
  // Calls that stay.
  int Stay(Quotas& quotas, absl::string_view caller = "web") {
    int n = 0;
    while (n < 1000 && quotas.Admit(caller, places_.emplace_back()).ok()) ++n;
    return n;
  }
  static absl::Duration RetryAfter(const absl::Status& status) {
    return GetFailure(status).retry_delay.value_or(absl::InfiniteDuration());
  }

  testing::FakeClock clock_;
  std::list<Quotas::Place> places_;
};

TEST_F(QuotasTest, WithoutALimitEveryCallIsAdmittedAndNobodyRemembered) {
  Quotas quotas(clock_, {});
  EXPECT_EQ(Stay(quotas), 1000);
  EXPECT_EQ(quotas.size(), 0u);
  places_.clear();
}

TEST_F(QuotasTest, OneSecondsWorthMayComeAtOnceThenAsManyAsTheRateGives) {
  Quotas quotas(clock_, PerSecond(10));
  EXPECT_EQ(Burst(quotas), 10);
  clock_.Advance(absl::Milliseconds(99));
  EXPECT_EQ(Burst(quotas), 0);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Burst(quotas), 1);
  clock_.Advance(absl::Milliseconds(350));
  EXPECT_EQ(Burst(quotas), 3);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Burst(quotas), 10);
}

TEST_F(QuotasTest, BelowOneCallPerSecondOneMayCome) {
  Quotas quotas(clock_, PerSecond(0.5));
  EXPECT_EQ(Burst(quotas), 1);
  clock_.Advance(absl::Milliseconds(1999));
  EXPECT_EQ(Burst(quotas), 0);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Burst(quotas), 1);
}

TEST_F(QuotasTest, ARefusalSaysWhichLimitAndWhenToRetry) {
  Quotas quotas(clock_, PerSecond(4));
  EXPECT_EQ(Burst(quotas), 4);
  clock_.Advance(absl::Milliseconds(100));
  const absl::Status refused = Call(quotas);
  EXPECT_EQ(CodeAndReason(refused), kRefused);
  EXPECT_EQ(testing::Metadata(refused, "limit"), "per_second");
  EXPECT_EQ(RetryAfter(refused), absl::Milliseconds(150));
  EXPECT_TRUE(absl::StrContains(refused.message(), "4 calls per second")) << refused;
  clock_.Advance(absl::Milliseconds(150));
  EXPECT_TRUE(Call(quotas).ok());

  Quotas few(clock_, InFlight(2));
  EXPECT_EQ(Stay(few), 2);
  const absl::Status crowded = Call(few);
  EXPECT_EQ(CodeAndReason(crowded), kRefused);
  EXPECT_EQ(testing::Metadata(crowded, "limit"), "in_flight");
  EXPECT_EQ(RetryAfter(crowded), absl::Milliseconds(100));
  EXPECT_TRUE(absl::StrContains(crowded.message(), "2 calls at a time")) << crowded;
  places_.clear();
}

TEST_F(QuotasTest, ACallThatEndsGivesItsPlaceBack) {
  Quotas quotas(clock_, InFlight(3));
  EXPECT_EQ(Stay(quotas), 3);
  EXPECT_EQ(Stay(quotas), 0);
  places_.pop_front();
  EXPECT_EQ(Stay(quotas), 1);
  places_.clear();
  EXPECT_EQ(Stay(quotas), 3);
  places_.clear();
}

TEST_F(QuotasTest, ARefusedCallTakesNeitherATokenNorAPlace) {
  Quotas quotas(clock_, {{10, 2}, {}, false});
  EXPECT_EQ(Stay(quotas), 2);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Call(quotas).ok());
  places_.clear();
  EXPECT_EQ(Burst(quotas), 8);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Call(quotas).ok());
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(Stay(quotas), 1);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Stay(quotas), 1);
  places_.clear();
}

TEST_F(QuotasTest, CallersAreCountedApart) {
  Quotas quotas(clock_, PerSecond(3));
  EXPECT_EQ(Burst(quotas, "a"), 3);
  EXPECT_EQ(Burst(quotas, "b"), 3);
  EXPECT_EQ(Burst(quotas, "a"), 0);
}

TEST_F(QuotasTest, ANamedCallerHasItsOwnLimitsAndOfTheOthersTheDefaults) {
  Quotas quotas(clock_,
                {{5, 2},
                 {{"batch", {50, std::nullopt}}, {"web", {std::nullopt, 4}}, {"anonymous", {1, 1}}},
                 false});
  EXPECT_EQ(Burst(quotas, "batch"), 50);
  EXPECT_EQ(Burst(quotas, "web"), 5);
  EXPECT_EQ(Burst(quotas, "anonymous"), 1);
  EXPECT_EQ(Burst(quotas, "else"), 5);
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(Stay(quotas, "batch"), 2);
  EXPECT_EQ(Stay(quotas, "web"), 4);
  EXPECT_EQ(Stay(quotas, "else"), 2);
  places_.clear();
}

TEST_F(QuotasTest, LimitsMayBeForNamedCallersAlone) {
  Quotas quotas(clock_, {{}, {{"web", {2, std::nullopt}}}, false});
  EXPECT_EQ(Burst(quotas, "web"), 2);
  EXPECT_EQ(Burst(quotas, "else"), 1000);
  EXPECT_EQ(quotas.size(), 1u);
}

TEST_F(QuotasTest, InShadowNobodyIsRefusedAndCountedIsWhoWouldHaveBeen) {
  Quotas quotas(clock_, {{4, 2}, {}, true});
  EXPECT_EQ(Stay(quotas), 1000);
  EXPECT_EQ(quotas.exceeded("other", Quotas::Limit::kInFlight), 998);
  places_.clear();
  EXPECT_EQ(Burst(quotas), 1000);
  EXPECT_EQ(quotas.exceeded("other", Quotas::Limit::kInFlight), 998);
  EXPECT_EQ(quotas.exceeded("other", Quotas::Limit::kPerSecond), 998);
}

TEST_F(QuotasTest, InShadowWhatACallDoesBesidesIsCountedToo) {
  Quotas quotas(clock_, {{4, std::nullopt}, {}, true});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(quotas.TakeCall("web"), absl::ZeroDuration());
  EXPECT_EQ(quotas.exceeded("other", Quotas::Limit::kPerSecond), 6);
}

TEST_F(QuotasTest, MetricsHaveNoLabelsButThoseOfTheConfiguration) {
  observe::Metrics metrics;
  Quotas quotas(clock_, {{1, std::nullopt}, {{"web", {std::nullopt, 1}}}, false});
  quotas.ReadMetrics(metrics);
  Burst(quotas, "made-up-1");
  Burst(quotas, "made-up-2");
  Burst(quotas, "web");
  clock_.Advance(absl::Seconds(1));
  Stay(quotas, "web");
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(Call(quotas, "web").ok());
  const std::string text = metrics.Text();
  const auto sample = [](const char* caller, const char* limit, int value) {
    return absl::StrCat("gateway_quota_exceeded_total{caller=\"", caller, "\",limit=\"", limit,
                        "\",shadow=\"false\"} ", value, "\n");
  };
  EXPECT_TRUE(absl::StrContains(text, sample("other", "per_second", 2))) << text;
  EXPECT_TRUE(absl::StrContains(text, sample("web", "per_second", 2))) << text;
  EXPECT_TRUE(absl::StrContains(text, sample("web", "in_flight", 1))) << text;
  EXPECT_FALSE(absl::StrContains(text, "made-up")) << text;
  places_.clear();
}

TEST_F(QuotasTest, CallersWhoAreIdleAreForgotten) {
  Quotas quotas(clock_, {{10, 5}, {}, false});
  EXPECT_TRUE(quotas.Admit("stays", places_.emplace_back()).ok());
  for (int second = 0; second < 20; ++second) {
    for (int i = 0; i < 1000; ++i) {
      EXPECT_TRUE(Call(quotas, absl::StrCat("caller ", second, " ", i)).ok());
    }
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_LT(quotas.size(), 4000u);
  // Who was not idle was not.
  EXPECT_EQ(Stay(quotas, "stays"), 4);
  places_.clear();
}

}  // namespace
}  // namespace gw::rpc
