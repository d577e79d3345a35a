// A policy that changes while the gateway serves.
#include "tests/integration/gateway/callers_fixture.h"

namespace gw::testing {
namespace {

using nlohmann::json;

std::string Only(const std::string& caller) {
  return "\"allow_rules\": [{\"name\": \"only\", \"source\": {\"principals\": [\"" + caller +
         "\"]}}]";
}

class PolicyReloaded : public CallersTest {
 protected:
  void AwaitCalls(const char* caller, const char* path, const std::string& what) {
    while (As(caller).Calls(path) != what) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  void AwaitFailures(int n) {
    while (gateway_->Metric("gateway_reload_failures_total{file=\"policy\"}") < n) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
};

TEST_F(PolicyReloaded, IsInForceForOurServicesAndThoseOfGrpc) {
  StartWith(Only(kWeb));
  for (const char* path : {kList, kHealth}) {
    EXPECT_EQ(As(kWeb).Calls(path), "OK");
    EXPECT_NE(As(kBatch).Calls(path), "OK");
  }
  WritePolicy(Only(kBatch));
  AwaitCalls(kBatch, kList, "OK");
  for (const char* path : {kList, kHealth}) {
    EXPECT_NE(As(kWeb).Calls(path), "OK");
    EXPECT_EQ(As(kBatch).Calls(path), "OK");
  }
}

TEST_F(PolicyReloaded, WithAMistakeOrGoneLeavesTheOneBefore) {
  StartWith(Only(kWeb));
  EXPECT_EQ(gateway_->Metric("gateway_reload_failures_total{file=\"policy\"}"), 0);
  WritePolicy("\"allow_rules\": [{\"nam\": \"hidden\"}]");
  AwaitFailures(1);
  EXPECT_EQ(As(kWeb).Calls(kList), "OK");
  EXPECT_EQ(As(kBatch).Calls(kList), kDenied);
  const std::string path = directory_.path() + "/policy.json";
  ASSERT_EQ(std::remove(path.c_str()), 0);
  AwaitFailures(2);
  EXPECT_EQ(As(kWeb).Calls(kList), "OK");
  EXPECT_EQ(As(kBatch).Calls(kList), kDenied);
  const std::vector<json> lines = gateway_->Logged("policy_rejected");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("message"),
            path + ": allow_rules[0].nam: unknown key; allowed here: name, source, request");
  EXPECT_EQ(gateway_->process().err().find("hidden"), std::string::npos);
  WritePolicy(Only(kBatch));
  AwaitCalls(kBatch, kList, "OK");
}

}  // namespace
}  // namespace gw::testing
