#include "service/ledger/ledger_failures.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/base/failure.h"
#include "service/ledger/recorded_failure_codec.h"

namespace gw::ledger {
namespace {

constexpr absl::Duration kRetryDelay = absl::Seconds(1);

absl::Status About(absl::string_view request_id, Reason reason, absl::StatusCode code,
                   absl::string_view message) {
  Failure failure;
  failure.reason = reason;
  if (!request_id.empty()) failure.metadata = {{"request_id", std::string(request_id)}};
  return MakeFailure(code, message, failure);
}

}  // namespace

absl::Status LedgerUnavailable() {
  Failure failure;
  failure.reason = Reason::kLedgerUnavailable;
  failure.retry_delay = kRetryDelay;
  return MakeFailure(
      absl::StatusCode::kUnavailable,
      "the ledger of allocations cannot be reached or written; this call has sent nothing",
      failure);
}

absl::Status LedgerOverloaded() {
  Failure failure;
  failure.reason = Reason::kOverloaded;
  failure.metadata = {{"limit", "ledger.max_queued"}};
  failure.retry_delay = kRetryDelay;
  return MakeFailure(
      absl::StatusCode::kResourceExhausted,
      "too many calls wait for the ledger of allocations; this call has sent nothing", failure);
}

absl::Status RequestIdReused(absl::string_view request_id) {
  return About(request_id, Reason::kRequestIdReused, absl::StatusCode::kInvalidArgument,
               "request_id: is that of an allocation of another candidate or examination; a new "
               "allocation needs a new id");
}

absl::Status AllocationInProgress(absl::string_view request_id) {
  return About(request_id, Reason::kAllocationInProgress, absl::StatusCode::kAborted,
               "the allocation is under way and goes on; ask again with the same request_id");
}

absl::Status AllocationNotFound(absl::string_view request_id) {
  return About(request_id, Reason::kAllocationNotFound, absl::StatusCode::kNotFound,
               "no such allocation of this caller's is recorded");
}

absl::Status AllocationNotInDoubt(const Row& row) {
  return About(row.key.request_id, Reason::kAllocationNotInDoubt,
               absl::StatusCode::kFailedPrecondition,
               absl::StrCat("the allocation is ", StateName(row.state),
                            ", and only one that is IN_DOUBT can be resolved"));
}

absl::Status AllocationInDoubt(absl::string_view what_happened, absl::string_view request_id) {
  return About(request_id, Reason::kAllocationInDoubt, absl::StatusCode::kUnknown,
               absl::StrCat("the allocation was sent and ", what_happened,
                            ": it may have been executed; it is not sent again until somebody has "
                            "looked in the portal and resolved it"));
}

absl::Status OutcomeNotRecorded(absl::string_view request_id) {
  return About(request_id, Reason::kAllocationInDoubt, absl::StatusCode::kUnknown,
               "the allocation was sent, and what became of it cannot be recorded at the moment; "
               "ask again with the same request_id");
}

absl::Status StandingOf(const Row& row) {
  const std::string& id = row.key.request_id;
  switch (row.state) {
    case State::kSucceeded:
    case State::kCancelled:
      return absl::OkStatus();
    case State::kPending:
      return AllocationInProgress(id);
    case State::kFailed:
      return WithMetadata(DecodeRecordedFailure(row.error), "request_id", id);
    case State::kInDoubt:
      if (row.error.empty()) {
        return AllocationInDoubt("the gateway that sent it stopped before an answer came", id);
      }
      return WithMetadata(DecodeRecordedFailure(row.error), "request_id", id);
    case State::kAbandoned:
      return About(id, Reason::kAllocationAbandoned, absl::StatusCode::kFailedPrecondition,
                   "the allocation was in doubt and has been abandoned; a new one needs a new id");
  }
  return AllocationInDoubt("its state is not known", id);
}

absl::Status NotLookedUp(const absl::Status& refusal, absl::string_view request_id) {
  return WithMetadata(
      MakeFailure(refusal.code(),
                  absl::StrCat(refusal.message(),
                               ": this call has sent nothing; what became of the allocation before "
                               "was not looked up, so ask again with the same request_id"),
                  GetFailure(refusal)),
      "request_id", request_id);
}

}  // namespace gw::ledger
