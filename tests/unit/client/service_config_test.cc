#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "concero_gateway/options.h"

namespace concero {
namespace {

TEST(DefaultServiceConfig, RepeatsAndHasNoTimeoutsOfItsOwn) {
  const absl::string_view config = DefaultServiceConfig();
  EXPECT_TRUE(absl::StrContains(config, "retryPolicy"));
  EXPECT_TRUE(absl::StrContains(config, "ResolveAllocation"));
  EXPECT_FALSE(absl::StrContains(config, "timeout"));
}

}  // namespace
}  // namespace concero
