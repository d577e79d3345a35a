#include "service/app/explain.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "concero/v1/allocation.pb.h"
#include "concero/v1/assessment.pb.h"
#include "gateway/v1/diagnostics.pb.h"
#include "proctorexam/v1/student_session.pb.h"
#include "service/app/did_you_mean.h"

namespace gw::app {
namespace {

// What a rule may name besides the RPCs of our services.
constexpr absl::string_view kOtherPaths[] = {
    "/concero.v1.AllocationService.Others/GetAllocation",
    "/concero.v1.AllocationService.Others/ListAllocations",
    "/concero.v1.AllocationService.Others/ResolveAllocation",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/grpc.channelz.v1.Channelz/GetTopChannels",
    "/grpc.channelz.v1.Channelz/GetServers",
    "/grpc.channelz.v1.Channelz/GetServer",
    "/grpc.channelz.v1.Channelz/GetServerSockets",
    "/grpc.channelz.v1.Channelz/GetChannel",
    "/grpc.channelz.v1.Channelz/GetSubchannel",
    "/grpc.channelz.v1.Channelz/GetSocket",
};

void AddMethods(const google::protobuf::FileDescriptor& file, std::vector<std::string>& out) {
  for (int s = 0; s < file.service_count(); ++s) {
    const auto* service = file.service(s);
    for (int m = 0; m < service->method_count(); ++m) {
      out.push_back(absl::StrCat("/", service->full_name(), "/", service->method(m)->name()));
    }
  }
}

std::vector<std::string> KnownPaths() {
  std::vector<std::string> paths(std::begin(kOtherPaths), std::end(kOtherPaths));
  AddMethods(*::concero::v1::Allocation::descriptor()->file(), paths);
  AddMethods(*::concero::v1::Examination::descriptor()->file(), paths);
  AddMethods(*::proctorexam::v1::StudentSession::descriptor()->file(), paths);
  AddMethods(*gateway::v1::PreflightRequest::descriptor()->file(), paths);
  return paths;
}

std::string Verdict(const rpc::Decision& decision) {
  switch (decision.by) {
    case rpc::Decision::By::kDenyRule:
      return absl::StrCat("denied by deny rule \"", decision.rule, "\"");
    case rpc::Decision::By::kAllowRule:
      return absl::StrCat("allowed by allow rule \"", decision.rule, "\"");
    case rpc::Decision::By::kNoRule:
      return "denied: no allow rule matches";
  }
  return "";
}

std::string Rules(size_t n, absl::string_view kind) {
  return absl::StrCat(n, " ", kind, n == 1 ? " rule" : " rules");
}

}  // namespace

Explanation Explain(const rpc::Policy* policy, const std::string& caller,
                    absl::string_view method) {
  Explanation out;
  const std::string path = absl::StrCat("/", absl::StripPrefix(method, "/"));
  const std::vector<std::string> known = KnownPaths();
  if (std::find(known.begin(), known.end(), path) == known.end()) {
    const std::string closest = ClosestName(path, known);
    out.notes.push_back(
        absl::StrCat("the gateway has no method ", path,
                     closest.empty() ? "" : absl::StrCat("; did you mean ", closest, "?")));
  }
  if (policy == nullptr) {
    out.verdict = "allowed: there is no policy file";
    return out;
  }
  bool headers_matter = false;
  const auto no_headers = [&](absl::string_view) {
    headers_matter = true;
    return std::optional<std::string>();
  };
  std::vector<std::string> principals;
  if (caller != rpc::kAnonymous) principals.push_back(caller);
  out.verdict = Verdict(policy->Decide(principals, path, no_headers));
  if (headers_matter) {
    out.notes.emplace_back(
        "a rule that looks at headers fits otherwise: a call with these may be decided "
        "differently");
  }
  return out;
}

std::string RuleCount(const rpc::Policy& policy) {
  return absl::StrCat(Rules(policy.deny_rules.size(), "deny"), ", ",
                      Rules(policy.allow_rules.size(), "allow"));
}

}  // namespace gw::app
