// How a Client reaches the gateway, and how a call is made.
// Thread safety: plain values.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace concero {

/// gRPC's service config of deploy/service-config.json, as it was when this library was built:
/// which calls are made again after UNAVAILABLE and which never are. Without its timeouts: a Client
/// has its own. Lives forever.
absl::string_view DefaultServiceConfig();

/// Whom to trust, and who this caller is. The files are PEM and are read by Connect only.
struct TlsOptions {
  /// Required: who may vouch for the gateway.
  std::string ca_file = "";
  /// What this caller shows, the chain and its key: both, or neither.
  std::string cert_file = "";
  std::string key_file = "";
  /// The name that the gateway's certificate must have; empty: the target's.
  std::string server_name = "";
};

struct ClientOptions {
  /// Required. `HOST:PORT`, `dns:///HOST:PORT` (all its addresses are used in turn),
  /// `ipv4:10.0.0.1:50051,10.0.0.2:50051`, `ipv6:[::1]:50051`, `unix:PATH`.
  std::string target = "";
  /// Not set: plaintext.
  std::optional<TlsOptions> tls = std::nullopt;
  /// For calls that set none of their own; above zero.
  absl::Duration timeout = absl::Seconds(30);
  /// JSON. One of your own must not repeat CreateStudentSession or ResolveAllocation. Empty: none,
  /// and nothing is repeated.
  std::string service_config = std::string(DefaultServiceConfig());
};

/// The last parameter of every call.
struct CallOptions {
  /// For the call as a whole, its repeats and all pages included; then it is DEADLINE_EXCEEDED.
  /// Zero: the client's; for the calls that stream (Watch…, AllocateMany): none. A timeout of your
  /// own service config counts as well: the earlier one.
  absl::Duration timeout = absl::ZeroDuration();
  /// When it is asked to stop, the call ends soon with CANCELLED.
  std::stop_token cancel = {};
  /// W3C's header of this name, for the gateway's log; what is none is not sent.
  std::string traceparent = "";
};

struct AllocateManyOptions {
  /// How many intents may be without a result at a time; above zero.
  int max_unanswered = 1000;
  /// How often one intent is sent at most when its own result asks for a repeat; above zero. What
  /// is sent again because the stream broke does not count.
  int attempts = 4;
  /// For how long a broken stream is made anew without a single result.
  absl::Duration give_up_after = absl::Minutes(2);
};

}  // namespace concero
