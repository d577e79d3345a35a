#include "service/app/guard.h"

#include <gtest/gtest.h>

namespace gw::app {
namespace {

using rpc::Pattern;
using rpc::Policy;

class GuardTest : public ::testing::Test {
 protected:
  using Metadata = grpc::AuthMetadataProcessor::InputMetadata;

  static grpc::Status Ask(grpc::AuthMetadataProcessor& guard, const char* path,
                          const char* xfcc = nullptr) {
    Metadata metadata;
    metadata.emplace(":path", path);
    if (xfcc != nullptr) metadata.emplace("x-forwarded-client-cert", xfcc);
    grpc::AuthMetadataProcessor::OutputMetadata consumed, response;
    const grpc::Status status = guard.Process(metadata, nullptr, &consumed, &response);
    EXPECT_TRUE(consumed.empty());
    EXPECT_TRUE(response.empty());
    return status;
  }
  static bool Passes(grpc::AuthMetadataProcessor& guard, const char* path,
                     const char* xfcc = nullptr) {
    const grpc::Status status = Ask(guard, path, xfcc);
    EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::PERMISSION_DENIED);
    return status.ok();
  }
  static Policy HealthFor(const char* principal) {
    return {"p", {}, {{"health", {Pattern::Of(principal)}, {Pattern::Of("/health.H/*")}, {}}}};
  }

  rpc::Authorization authorization_;
  const std::shared_ptr<grpc::AuthMetadataProcessor> guard_ =
      MakeGuard(authorization_, true, {"p.S", "p.T"});
};

TEST_F(GuardTest, LetsEveryCallThroughWithoutAPolicy) {
  EXPECT_TRUE(Passes(*guard_, "/health.H/Check"));
  EXPECT_FALSE(guard_->IsBlocking());
}

TEST_F(GuardTest, LetsCallsOfOurServicesThroughWhateverThePolicySays) {
  authorization_.Use(std::make_shared<Policy>());
  EXPECT_TRUE(Passes(*guard_, "/p.S/Get"));
  EXPECT_TRUE(Passes(*guard_, "/p.T/Get"));
  for (const char* path : {"/p.S", "/p.Safe/Get", "p.S/Get", "/q.S/Get", "/", ""}) {
    EXPECT_FALSE(Passes(*guard_, path)) << path;
  }
}

TEST_F(GuardTest, DecidesAboutOthersByThePolicyOfTheMoment) {
  authorization_.Use(std::make_shared<Policy>(HealthFor("anonymous")));
  EXPECT_TRUE(Passes(*guard_, "/health.H/Check"));
  EXPECT_FALSE(Passes(*guard_, "/reflection.R/Info"));
  EXPECT_FALSE(Passes(*guard_, "/health.H/Check", "URI=spiffe://a/probe"));
  authorization_.Use(std::make_shared<Policy>(HealthFor("*/probe")));
  EXPECT_FALSE(Passes(*guard_, "/health.H/Check"));
  EXPECT_TRUE(Passes(*guard_, "/health.H/Check", "URI=spiffe://a/probe"));
}

TEST_F(GuardTest, BelievesTheHeaderOnlyWhereItIsTrusted) {
  const auto doubting = MakeGuard(authorization_, false, {});
  authorization_.Use(std::make_shared<Policy>(HealthFor("*/probe")));
  EXPECT_FALSE(Passes(*doubting, "/health.H/Check", "URI=spiffe://a/probe"));
}

TEST_F(GuardTest, SaysNeitherWhoCalledNorWhichRuleItWas) {
  authorization_.Use(std::make_shared<Policy>(HealthFor("*/probe")));
  EXPECT_EQ(Ask(*guard_, "/health.H/Check", "URI=spiffe://a/x").error_message(),
            "this caller may not make this call; ask the gateway's operator for a rule that allows "
            "it");
}

}  // namespace
}  // namespace gw::app
