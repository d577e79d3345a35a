// What a preflight saw, before anybody judges it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/http/dialer.h"
#include "service/http/resolver.h"
#include "service/http/tls_probe.h"
#include "service/http/transport.h"

namespace gw::rest {

struct LookupSeen {
  /// DEADLINE_EXCEEDED: no answer within `took`.
  absl::StatusOr<http::Addresses> addresses;
  absl::Duration took;
  bool known_before = false;  ///< nobody was asked
};

struct DialSeen {
  std::string address;
  http::DialEnd end = http::DialEnd::kFailed;
  absl::Duration took;
};

struct AnswerSeen {
  http::Outcome outcome;
  /// By our wall clock.
  absl::Time asked, answered;
  absl::Duration took;
};

/// Of one upstream. What is not there was not tried, because of what is, or for lack of time.
struct UpstreamSeen {
  std::optional<LookupSeen> lookup;
  std::vector<DialSeen> dials;
  std::optional<http::TlsSeen> tls;
  std::optional<AnswerSeen> answer;
};

/// What `egress.echo_url` said; none: it is not configured.
using EchoSeen = std::optional<http::Outcome>;

}  // namespace gw::rest
