// Quotas and the policy, asked on several threads.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/rpc/authorization.h"
#include "service/rpc/quotas.h"
#include "tests/integration/threads/threads.h"

namespace gw::testing {
namespace {

using rpc::Authorization;
using rpc::Pattern;
using rpc::Policy;
using rpc::Quotas;

TEST(QuotasOfManyThreads, LetNoMoreCallsInAtATimeThanTheyShould) {
  constexpr int kMost = 3;
  Quotas quotas(SystemClock(), {{std::nullopt, kMost}, {}, false});
  std::atomic<int> in_flight{0}, too_many{0}, admitted{0}, refused{0};
  Together([&](int t) {
    for (int i = 0; i < 5000; ++i) {
      // Others come and are forgotten.
      Quotas::Place of_other;
      if (!quotas.Admit(absl::StrCat("other ", t, " ", i), of_other).ok()) ++too_many;
      Quotas::Place place;
      if (!quotas.Admit("web", place).ok()) {
        ++refused;
        continue;
      }
      ++admitted;
      if (++in_flight > kMost) ++too_many;
      if (i % 64 == 0) std::this_thread::yield();
      --in_flight;
    }
  });
  EXPECT_EQ(too_many, 0);
  EXPECT_EQ(admitted + refused, kThreads * 5000);
  EXPECT_EQ(quotas.exceeded("web", Quotas::Limit::kInFlight), refused);
  Quotas::Place places[kMost];
  for (auto& place : places) EXPECT_TRUE(quotas.Admit("web", place).ok());
}

TEST(PolicyOfManyThreads, IsOneOrTheOtherWhileItChanges) {
  Authorization authorization;
  const auto make = [](const std::string& name) {
    return std::make_shared<const Policy>(
        Policy{name, {}, {{name, {Pattern::Of("*")}, {Pattern::Of("/p.S/*")}, {}}}});
  };
  authorization.Use(make("0"));
  const auto no_headers = [](absl::string_view) { return std::optional<std::string>(); };
  std::atomic<int> wrong{0};
  Together([&](int t) {
    for (int i = 0; i < 3000; ++i) {
      if (t == 0) authorization.Use(make(absl::StrCat(i)));
      const auto policy = authorization.policy();
      const auto decision = policy->Decide({"web"}, "/p.S/Get", no_headers);
      if (!decision.allowed || decision.rule != policy->name) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace gw::testing
