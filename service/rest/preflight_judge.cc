#include "service/rest/preflight_judge.h"

#include <algorithm>
#include <string>
#include <utility>

namespace gw::rest {

absl::string_view BrokenStep(const PreflightTarget& target, const UpstreamSeen& seen) {
  if (seen.lookup && !seen.lookup->addresses.ok()) return "dns";
  const bool connected =
      std::any_of(seen.dials.begin(), seen.dials.end(),
                  [](const DialSeen& dial) { return dial.end == http::DialEnd::kConnected; });
  if (!connected && !seen.dials.empty()) return "connect";
  if (target.https() && seen.tls && !seen.tls->Accepted()) return "tls";
  return "";
}

UpstreamPreflight Judge(const PreflightTarget& target, const UpstreamSeen& seen,
                        const EchoSeen& echo, absl::Time now) {
  std::string egress_ip;
  PreflightCheck echoed = JudgeEcho(echo, &egress_ip);
  UpstreamPreflight preflight{target.name, {}};
  preflight.checks = {JudgeLookup(target, seen),
                      JudgeDials(target, seen),
                      JudgeTls(target, seen, now),
                      JudgeClock(target, seen),
                      JudgeCredential(target, seen, egress_ip),
                      std::move(echoed)};
  return preflight;
}

}  // namespace gw::rest
