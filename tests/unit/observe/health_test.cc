#include "service/observe/health.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace gw::observe {
namespace {

using Changes = std::vector<std::pair<std::string, bool>>;

struct Listener {
  explicit Listener(Health& health) {
    health.SetListener(
        [this](const std::string& component, bool well) { changes.emplace_back(component, well); });
  }
  Changes changes;
};

TEST(Health, AComponentIsWellUntilToldOtherwise) {
  Health health;
  EXPECT_TRUE(health.components().empty());
  health.AddComponent("concero");
  ASSERT_EQ(health.components().size(), 1u);
  EXPECT_TRUE(health.components().at("concero").well);
  EXPECT_EQ(health.components().at("concero").reason, "");
}

TEST(Health, AddingAKnownComponentChangesNothing) {
  Health health;
  health.SetComponent("concero", false, "UPSTREAM_UNAVAILABLE");
  health.AddComponent("concero");
  EXPECT_FALSE(health.components().at("concero").well);
  EXPECT_EQ(health.components().at("concero").reason, "UPSTREAM_UNAVAILABLE");
}

TEST(Health, TheListenerHearsOfTurnsOnly) {
  Health health;
  Listener listener(health);
  health.AddComponent("concero");
  health.SetComponent("concero", true, "");
  EXPECT_EQ(listener.changes, Changes{});
  health.SetComponent("concero", false, "UPSTREAM_UNAVAILABLE");
  health.SetComponent("concero", false, "UPSTREAM_UNAVAILABLE");
  health.SetComponent("concero", false, "UPSTREAM_KEY_REJECTED");
  EXPECT_EQ(listener.changes, (Changes{{"concero", false}}));
  EXPECT_EQ(health.components().at("concero").reason, "UPSTREAM_KEY_REJECTED");
  health.SetComponent("concero", true, "");
  health.SetComponent("concero", true, "");
  EXPECT_EQ(listener.changes, (Changes{{"concero", false}, {"concero", true}}));
  EXPECT_EQ(health.components().at("concero").reason, "");
}

TEST(Health, ComponentsTurnOnTheirOwn) {
  Health health;
  Listener listener(health);
  health.AddComponent("concero");
  health.AddComponent("proctorexam");
  health.SetComponent("proctorexam", false, "UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(listener.changes, (Changes{{"proctorexam", false}}));
  EXPECT_TRUE(health.components().at("concero").well);
}

TEST(Health, ANewListenerIsToldHowEveryComponentIs) {
  Health health;
  health.AddComponent("concero");
  health.AddComponent("proctorexam");
  health.SetComponent("concero", false, "UPSTREAM_UNAVAILABLE");
  Listener listener(health);
  EXPECT_EQ(listener.changes, (Changes{{"concero", false}, {"proctorexam", true}}));
}

TEST(Health, AReplacedListenerHearsNothingMore) {
  Health health;
  int first = 0, second = 0;
  health.SetListener([&](const std::string&, bool) { ++first; });
  health.SetListener([&](const std::string&, bool) { ++second; });
  health.SetComponent("concero", false, "UPSTREAM_UNAVAILABLE");
  health.SetListener(nullptr);
  health.SetComponent("concero", true, "");
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST(Health, ServingDoesNotDependOnComponents) {
  Health health;
  EXPECT_EQ(health.serving(), Serving::kStarting);
  health.SetServing(Serving::kServing);
  health.SetComponent("concero", false, "UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(health.serving(), Serving::kServing);
  health.SetServing(Serving::kDraining);
  EXPECT_EQ(health.serving(), Serving::kDraining);
}

TEST(Health, AsksTheBreakerOfAComponentWhenItIsLookedAt) {
  Health health;
  health.AddComponent("concero");
  EXPECT_EQ(health.components().at("concero").breaker, "");
  std::string state = "closed";
  health.ReadBreaker("concero", [&] { return state; });
  EXPECT_EQ(health.components().at("concero").breaker, "closed");
  state = "open";
  EXPECT_EQ(health.components().at("concero").breaker, "open");
  EXPECT_TRUE(health.components().at("concero").well);
}

}  // namespace
}  // namespace gw::observe
