// The failure table: what an upstream's outcome means to a caller, where it means the same for
// every call.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/base/failure.h"
#include "service/http/transport.h"

namespace gw::http {

/// In what upstreams differ.
struct UpstreamTraits {
  /// As in metadata and metrics: `concero`.
  std::string name;
  /// What a 403 means.
  Reason forbidden = Reason::kUpstreamBadRequest;
  absl::string_view forbidden_message;
};

/// OK for a 2xx; else the status of the table in CONTRACT ("Failures"), with metadata upstream and
/// http_status, and stopped_because where sending again was given up, as for a call that may be
/// repeated. Nothing in it comes from the body. A 422 has no violations yet.
absl::Status StatusOf(const Outcome& outcome, const UpstreamTraits& traits);

/// INTERNAL, UPSTREAM_BAD_RESPONSE: a 2xx that is not what the upstream documents.
absl::Status BadResponse(const UpstreamTraits& traits, int http_status);

/// Of a request that may be sent once only, and has not been answered with a 2xx: whether the
/// upstream may have executed it all the same. Not when nothing was sent, nor when the upstream
/// refused it: a 4xx but for 408, and 301, 307 and 308.
bool MayHaveBeenExecuted(const Outcome& outcome);

/// UNKNOWN, UPSTREAM_OUTCOME_UNKNOWN: such a request was sent and nobody can know more.
/// `http_status` 0: no answer came.
absl::Status OutcomeUnknown(const UpstreamTraits& traits, int http_status);

/// UNIMPLEMENTED, UPSTREAM_NOT_CONFIGURED.
absl::Status NotConfigured(const UpstreamTraits& traits);
}  // namespace gw::http
