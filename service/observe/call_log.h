// A record for every call that begins, and a line in the log for those that end.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/failure.h"
#include "service/base/random.h"
#include "service/base/secret.h"
#include "service/observe/access_policy.h"
#include "service/observe/call_record.h"
#include "service/observe/keyed_hash.h"
#include "service/observe/trace_context.h"

namespace gw::observe {

/// Thread safety: all functions may be called from any thread.
class CallLog {
 public:
  /// References outlive it, and it outlives its records.
  CallLog(AccessMode mode, const Secret& hash_key, Clock& clock, Random& random)
      : policy_(mode), hash_(hash_key), clock_(clock), random_(random) {}

  /// The call's id, if it came with one, and its trace.
  CallRecordPtr Begin(std::string request_id, std::optional<TraceContext> trace);

  struct Ended {
    absl::string_view rpc;  ///< `package.Service/Method`
    bool mutation = false;
    absl::string_view caller;
    absl::StatusCode code = absl::StatusCode::kOk;
    Reason reason = Reason::kUnspecified;
    absl::Duration took;
    absl::string_view candidate_email;  ///< empty: none
  };
  /// Writes `{…,"event":"call",…}` if the policy is for it. What does not apply is left out of it.
  void End(const CallRecord& record, const Ended& call);

 private:
  AccessPolicy policy_;
  const KeyedHash hash_;
  Clock& clock_;
  Random& random_;
};

}  // namespace gw::observe
