// The classes of observe/ that several threads share.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "service/observe/health.h"
#include "service/observe/metrics.h"
#include "tests/integration/threads/threads.h"

namespace gw::testing {
namespace {

TEST(HealthOfManyThreads, TellsItsListenerEveryChangeInOrder) {
  observe::Health health;
  health.AddComponent("concero");
  int told = 0;  // under the lock of the health's
  bool last = true;
  health.SetListener([&](const std::string&, bool well) {
    // The first tells how it is; each next one is a change.
    if (told++ > 0) {
      EXPECT_NE(well, last);
    }
    last = well;
  });
  std::atomic<bool> seen_unwell{false};
  Together([&](int t) {
    for (int i = 0; i < 2000; ++i) {
      if (t < 2) health.SetComponent("concero", (i + t) % 2 == 0, "UPSTREAM_UNAVAILABLE");
      if (t == 2 && !health.components().at("concero").well) seen_unwell = true;
      if (t == 3)
        health.SetServing(i % 2 ? observe::Serving::kServing : observe::Serving::kDraining);
    }
  });
  health.SetListener(nullptr);
  EXPECT_GT(told, 1);
  EXPECT_EQ(last, health.components().at("concero").well);
  EXPECT_EQ(health.serving(), observe::Serving::kServing);
}

TEST(MetricsOfManyThreads, CountEveryObservation) {
  constexpr int kPerThread = 2000;
  observe::Metrics metrics;
  metrics.ReadCacheAge([] { return 1.0; });
  Together([&](int t) {
    auto& upstream = metrics.ForUpstream("concero");
    auto& rpc = metrics.ForRpc("concero.v1.AssessmentService/GetReport");
    for (int i = 0; i < kPerThread; ++i) {
      upstream.Started();
      upstream.Finished(i % 2 ? "2xx" : "timeout", absl::Milliseconds(i % 100));
      rpc.Observe(absl::StatusCode::kOk, Reason::kUnspecified, absl::Milliseconds(1));
      if (t == 0 && i % 100 == 0) {
        EXPECT_FALSE(metrics.Text().empty());
      }
    }
  });
  const std::string text = metrics.Text();
  for (const char* line :
       {"http_client_request_duration_seconds_count{result=\"2xx\",upstream=\"concero\"} 4000\n",
        "http_client_request_duration_seconds_count{result=\"timeout\",upstream=\"concero\"} "
        "4000\n",
        "http_client_active_requests{upstream=\"concero\"} 0\n"}) {
    EXPECT_THAT(text, ::testing::HasSubstr(line));
  }
}

}  // namespace
}  // namespace gw::testing
