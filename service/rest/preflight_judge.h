// From what a preflight saw to what an operator is told.
#pragma once

#include "absl/time/time.h"
#include "service/rest/preflight.h"
#include "service/rest/preflight_seen.h"

namespace gw::rest {

/// All six checks of PreflightCheck::name, in that order. A check that could not be made names the
/// one that it needs. `now` is the wall clock's, by which days are counted. Thread safety: pure.
UpstreamPreflight Judge(const PreflightTarget& target, const UpstreamSeen& seen,
                        const EchoSeen& echo, absl::Time now);

/// The parts of it, each of one check. The connection's:
PreflightCheck JudgeLookup(const PreflightTarget& target, const UpstreamSeen& seen);
PreflightCheck JudgeDials(const PreflightTarget& target, const UpstreamSeen& seen);
PreflightCheck JudgeTls(const PreflightTarget& target, const UpstreamSeen& seen, absl::Time now);
/// The answer's; `egress_ip` is the address as JudgeEcho found it, empty when it did not:
PreflightCheck JudgeClock(const PreflightTarget& target, const UpstreamSeen& seen);
PreflightCheck JudgeCredential(const PreflightTarget& target, const UpstreamSeen& seen,
                               absl::string_view egress_ip);
PreflightCheck JudgeEcho(const EchoSeen& echo, std::string* egress_ip);

/// The first check that failed and that later ones need, `dns`, `connect` or `tls`; empty: none.
absl::string_view BrokenStep(const PreflightTarget& target, const UpstreamSeen& seen);

}  // namespace gw::rest
