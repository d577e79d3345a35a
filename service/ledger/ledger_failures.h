// What callers are told about the ledger itself, and about what it knows.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/ledger/record.h"

namespace gw::ledger {

// Thread safety: pure functions. Those about one allocation carry its request_id.

/// UNAVAILABLE, LEDGER_UNAVAILABLE, with RetryInfo.
absl::Status LedgerUnavailable();
/// RESOURCE_EXHAUSTED, OVERLOADED, with RetryInfo.
absl::Status LedgerOverloaded();
/// INVALID_ARGUMENT, REQUEST_ID_REUSED.
absl::Status RequestIdReused(absl::string_view request_id);
/// ABORTED, ALLOCATION_IN_PROGRESS.
absl::Status AllocationInProgress(absl::string_view request_id);
/// NOT_FOUND, ALLOCATION_NOT_FOUND; `request_id` may be empty.
absl::Status AllocationNotFound(absl::string_view request_id);
/// FAILED_PRECONDITION, ALLOCATION_NOT_IN_DOUBT.
absl::Status AllocationNotInDoubt(const Row& row);
/// UNKNOWN, ALLOCATION_IN_DOUBT: what came back, `what_happened`, or that nothing did.
absl::Status AllocationInDoubt(absl::string_view what_happened, absl::string_view request_id);

/// The same, when an answer is there and the store is not.
absl::Status OutcomeNotRecorded(absl::string_view request_id);

/// Why the same request_id is answered with a failure: OK for SUCCEEDED and CANCELLED;
/// ALLOCATION_IN_PROGRESS, the recorded failure, ALLOCATION_IN_DOUBT, ALLOCATION_ABANDONED.
absl::Status StandingOf(const Row& row);

/// `refusal`, of a call that was not let in: it has sent nothing, and knows nothing of what was
/// sent under its id before.
absl::Status NotLookedUp(const absl::Status& refusal, absl::string_view request_id);

}  // namespace gw::ledger
