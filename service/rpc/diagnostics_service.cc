#include "service/rpc/diagnostics_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/field_rules.h"
#include "service/concero/client.h"
#include "service/http/upstream_status.h"
#include "service/proctorexam/client.h"

namespace gw::rpc {
namespace {

namespace pb = gateway::v1;

// The upstreams that there can be.
std::vector<const http::UpstreamTraits*> AllTraits() {
  return {&concero::Traits(), &proctorexam::Dialect().traits};
}

const http::UpstreamTraits* TraitsOf(const std::string& name) {
  for (const http::UpstreamTraits* traits : AllTraits()) {
    if (traits->name == name) return traits;
  }
  return nullptr;
}

absl::Status Validate(const pb::PreflightRequest& request, const rest::Preflights& preflights) {
  Violations violations;
  for (int i = 0; i < request.upstreams_size(); ++i) {
    if (TraitsOf(request.upstreams(i)) != nullptr) continue;
    violations.Add(absl::StrCat("upstreams[", i, "]"), "must be concero or proctorexam");
  }
  if (auto status = violations.Result(); !status.ok()) return status;
  for (const std::string& name : request.upstreams()) {
    if (!preflights.Has(name)) return http::NotConfigured(*TraitsOf(name));
  }
  return absl::OkStatus();
}

pb::PreflightResult ToMessage(rest::PreflightResult result) {
  switch (result) {
    case rest::PreflightResult::kOk:
      return pb::PREFLIGHT_RESULT_OK;
    case rest::PreflightResult::kFailed:
      return pb::PREFLIGHT_RESULT_FAILED;
    case rest::PreflightResult::kSkipped:
      break;
  }
  return pb::PREFLIGHT_RESULT_SKIPPED;
}

}  // namespace

pb::PreflightResponse ToMessage(const rest::Preflights::Results& results) {
  pb::PreflightResponse response;
  for (const rest::UpstreamPreflight& result : results) {
    pb::UpstreamPreflight& upstream = *response.add_upstreams();
    upstream.set_upstream(result.upstream);
    for (const rest::PreflightCheck& made : result.checks) {
      pb::PreflightCheck& check = *upstream.add_checks();
      check.set_name(made.name);
      check.set_result(ToMessage(made.result));
      check.set_seen(made.seen);
      check.set_advice(made.advice);
    }
  }
  return response;
}

namespace {

void Run(Call<pb::PreflightRequest, pb::PreflightResponse> call, rest::Preflights& preflights) {
  const pb::PreflightRequest& asked = call.request();
  if (absl::Status status = Validate(asked, preflights); !status.ok()) {
    return std::move(call).Finish(status);
  }
  std::vector<std::string> upstreams(asked.upstreams().begin(), asked.upstreams().end());
  const rest::CallContext whose = ContextOf(call.info());
  preflights.Run(std::move(upstreams), whose, [call = std::move(call)](auto results) mutable {
    if (results.ok()) call.response() = rpc::ToMessage(*results);
    std::move(call).Finish(results.status());
  });
}

}  // namespace

DiagnosticsService::DiagnosticsService(rest::Preflights& preflights, Prologue& prologue,
                                       observe::Metrics& metrics)
    : preflight_{MethodMaker(metrics, "gateway.v1.DiagnosticsService", absl::OkStatus())
                     .Make("Preflight", Effect::kReads),
                 prologue, [&preflights](auto call) { Run(std::move(call), preflights); },
                 [this](const NextCall& next) {
                   Ask(&DiagnosticsService::RequestPreflight, *this, next);
                 }} {}

void DiagnosticsService::Serve(CallQueue& queue) { ServeUnary(preflight_, queue); }

}  // namespace gw::rpc
