#include "service/rpc/ledger_call.h"

#include "service/rpc/validation.h"

namespace gw::rpc {

absl::Status StoppedWaitingForLedger(GaveUp why) {
  Failure failure;
  const bool late = why == GaveUp::kDeadline;
  failure.reason = late ? Reason::kDeadlineExceeded : Reason::kCancelled;
  return MakeFailure(
      late ? absl::StatusCode::kDeadlineExceeded : absl::StatusCode::kCancelled,
      late ? "the ledger of allocations did not answer in time; what was asked for may yet be done"
           : "the call was cancelled; what was asked for may yet be done",
      failure);
}

absl::Status AboutRequest(const absl::Status& status, const std::string& request_id) {
  if (request_id.empty() || !IsRequestId(request_id)) return status;
  for (const auto& [key, value] : GetFailure(status).metadata) {
    if (key == "request_id") return status;
  }
  return WithMetadata(status, "request_id", request_id);
}

}  // namespace gw::rpc
