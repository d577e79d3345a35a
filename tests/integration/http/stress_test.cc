// A hundred thousand requests, and what is left of them.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "tests/integration/http/chaos.h"

namespace gw::testing {
namespace {

// What the allocator and threads that come and go may add; a leak of 200 bytes per request is more.
constexpr int64_t kMayGrowBytes = int64_t{16} << 20;

TEST(Stress, AHundredThousandRequestsLeaveNothingBehind) {
  constexpr int kRequests = kSanitized ? 5'000 : 100'000;
  const Instant start = SystemClock().Now();
  const ChaosReport report = RunChaos({std::random_device()(), kRequests, 64, 0});
  const double seconds = absl::ToDoubleSeconds(SystemClock().Now() - start);
  for (const auto& [outcome, count] : report.outcomes) {
    std::cout << outcome << ": " << count << "\n";
  }
  std::cout << kRequests / seconds << " requests/s; resident memory " << (report.early_bytes >> 10)
            << " KiB early, " << (report.late_bytes >> 10) << " KiB late" << std::endl;
  if (!kSanitized) {
    EXPECT_LT(report.late_bytes, report.early_bytes + kMayGrowBytes);
  }
}

}  // namespace
}  // namespace gw::testing
