// What became of an allocation, judged from what came back. A pure function.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/concero/allocation_codec.h"
#include "service/http/transport.h"
#include "service/observe/call_record.h"

namespace gw::concero {

enum class AllocationVerdict {
  kSucceeded,    ///< Concero says so, and echoes what was asked.
  kNotExecuted,  ///< Nothing was sent, or it was refused before execution (401, 403, 404, 422, 429,
                 ///< 301, 307, 308).
  kFailed,   ///< Concero says itself that it failed, or refused the request as such (another 4xx).
  kInDoubt,  ///< It may have been executed: timeout, reset, 302, 303, 408, 5xx, a 2xx that does not
             ///< fit.
};

struct AllocationOutcome {
  AllocationVerdict verdict = AllocationVerdict::kInDoubt;
  AllocationAnswer answer;  ///< Of kSucceeded.
  absl::Status status;  ///< OK exactly when kSucceeded; else as callers get it, without request_id.
};

/// What was asked, to compare the echo with.
struct AllocationAsked {
  int64_t examination_id = 0;
  absl::string_view
      candidate_email;  ///< Compared without regard to case: Concero may lower it [assumed].
  /// Concero's failure envelope counts as in doubt too (`failure_envelope: in_doubt`).
  bool distrust_envelope = false;
  /// Whose call it is, for the log; null: nobody's.
  const observe::CallRecord* record = nullptr;
};

/// Thread safety: pure, but for a line in the log that says what came back.
AllocationOutcome JudgeAllocation(const http::Outcome& outcome, const AllocationAsked& asked);

/// UNKNOWN, ALLOCATION_IN_DOUBT.
absl::Status AllocationInDoubt(absl::string_view what_happened, int http_status);

}  // namespace gw::concero
