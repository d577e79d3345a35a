#include "service/app/did_you_mean.h"

#include <gtest/gtest.h>

namespace gw::app {
namespace {

const std::vector<std::string> kNames = {"base_url", "timeout", "connect_timeout", "max_in_flight",
                                         "ttl"};

TEST(ClosestName, IsTheOneWithFewestLettersChanged) {
  EXPECT_EQ(ClosestName("timeot", kNames), "timeout");
  EXPECT_EQ(ClosestName("timeouts", kNames), "timeout");
  EXPECT_EQ(ClosestName("tiemout", kNames), "timeout");
  EXPECT_EQ(ClosestName("conect_timeout", kNames), "connect_timeout");
  EXPECT_EQ(ClosestName("BaseURL", kNames), "base_url");
  EXPECT_EQ(ClosestName("base-url", kNames), "base_url");
  EXPECT_EQ(ClosestName("maxInFlight", kNames), "max_in_flight");
  EXPECT_EQ(ClosestName("tll", kNames), "ttl");
  EXPECT_EQ(ClosestName("backof", {"backoff", "backup"}), "backoff");
  EXPECT_EQ(ClosestName("backof", {"backup", "backoff"}), "backoff");
}

TEST(ClosestName, IsEmptyWhenNoneIsClose) {
  EXPECT_EQ(ClosestName("port", kNames), "");
  EXPECT_EQ(ClosestName("", kNames), "");
  EXPECT_EQ(ClosestName("time", kNames), "");
  EXPECT_EQ(ClosestName(std::string(1'000'000, 't'), kNames), "");
  EXPECT_EQ(ClosestName("timeout", {}), "");
}

}  // namespace
}  // namespace gw::app
