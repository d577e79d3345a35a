#include "service/admin/health_check.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/taken_port.h"

namespace gw::admin {
namespace {

// So much is gone at the second look, and three seconds at the third: nobody has to wait for that.
class HurryingClock final : public Clock {
 public:
  explicit HurryingClock(absl::Duration gone_at_second) : gone_at_second_(gone_at_second) {}
  Instant Now() override {
    const int before = asked_++;
    absl::Duration gone;
    if (before == 1) gone = gone_at_second_;
    if (before >= 2) gone = absl::Seconds(before + 1);
    return Instant::FromNanos(1'000'000'000) + gone;
  }
  absl::Time WallNow() override { return absl::UnixEpoch(); }
  int asked() const { return asked_; }

 private:
  const absl::Duration gone_at_second_;
  int asked_ = 0;
};

constexpr int kUntilThreeSeconds = 3;

TEST(HealthCheck, GivesUpAfterThreeSecondsWhoeverDoesNotTakeIt) {
  testing::TakenPort port;
  port.Fill();
  HurryingClock clock(absl::Milliseconds(2999));
  EXPECT_EQ(CheckHealth("127.0.0.1", port.number(), clock),
            absl::UnavailableError(absl::StrCat("nothing answers at ", port.address())));
  EXPECT_EQ(clock.asked(), kUntilThreeSeconds);
}

// At the second look it connects, for which it has all the time that a busy machine may take.
TEST(HealthCheck, GivesUpAfterThreeSecondsWhoeverTakesItAndSaysNothing) {
  const testing::TakenPort port;
  HurryingClock clock(absl::ZeroDuration());
  EXPECT_EQ(CheckHealth("127.0.0.1", port.number(), clock),
            absl::UnavailableError(absl::StrCat("no answer from ", port.address())));
  EXPECT_EQ(clock.asked(), kUntilThreeSeconds);
}

}  // namespace
}  // namespace gw::admin
