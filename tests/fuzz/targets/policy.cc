// Policies, and what they decide.
#include "service/rpc/policy.h"

#include <optional>
#include <string>

#include "service/rpc/policy_codec.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

std::optional<std::string> NoHeaders(absl::string_view) { return std::nullopt; }

}  // namespace

FUZZ_TARGET(policy) {
  const auto policy = rpc::ParsePolicy(input, "policy.json");
  if (!policy.ok()) {
    ExpectNoControls(policy.status().message());
    Expect(policy.status().message().substr(0, 13) == "policy.json: ", "an error names the file");
    return;
  }
  Expect(!policy->name.empty() && !policy->allow_rules.empty(), "a policy has a name and allows");
  for (const char* path : {"/concero.v1.AssessmentService/GetReport", "/", ""}) {
    for (const std::string caller : {"spiffe://corp/exams", "anonymous"}) {
      const rpc::Decision decision = policy->Decide({caller}, path, &NoHeaders);
      Expect(decision.allowed == (decision.by == rpc::Decision::By::kAllowRule),
             "only an allow rule allows");
    }
  }
}

}  // namespace gw::fuzz
