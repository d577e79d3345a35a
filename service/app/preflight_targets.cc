#include "service/app/preflight_targets.h"

#include <cstddef>
#include <string>
#include <utility>

#include "service/concero/client.h"
#include "service/proctorexam/client.h"

namespace gw::app {
namespace {

// The `i`-th key file of the upstream.
rest::PreflightKey KeyOf(std::string config_key, const Upstream& upstream, size_t i) {
  return {std::move(config_key), [&upstream, i] { return upstream.KeyFingerprint(i); }};
}

rest::PreflightTarget TargetOf(Upstream& upstream, std::string name, http::Request request) {
  rest::PreflightTarget target;
  target.name = std::move(name);
  target.http = upstream.http_options();
  target.transport = &upstream.diagnostic_transport();
  target.harmless_request = std::move(request);
  return target;
}

}  // namespace

std::vector<rest::PreflightTarget> PreflightTargets(Upstream* concero, Upstream* proctorexam) {
  std::vector<rest::PreflightTarget> targets;
  if (concero != nullptr) {
    rest::PreflightTarget target =
        TargetOf(*concero, concero::Traits().name, concero::HarmlessRequest());
    target.key = KeyOf("concero.api_key_file", *concero, 0);
    targets.push_back(std::move(target));
  }
  if (proctorexam != nullptr) {
    rest::PreflightTarget target =
        TargetOf(*proctorexam, proctorexam::Dialect().traits.name, proctorexam::HarmlessRequest());
    target.key = KeyOf("proctorexam.api_token_file", *proctorexam, 0);
    target.signing_key = KeyOf("proctorexam.secret_key_file", *proctorexam, 1);
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace gw::app
