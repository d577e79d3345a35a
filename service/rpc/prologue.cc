#include "service/rpc/prologue.h"

#include <grpc/support/time.h>

#include "service/base/failure.h"

namespace gw::rpc {

Instant Prologue::DeadlineOf(const grpc::ServerContextBase& context) const {
  // Not deadline(): as a time_point of nanoseconds it overflows for what is centuries away, into
  // the past.
  // And not our clock: which clock a deadline is of, gRPC decides.
  const gpr_timespec at = context.raw_deadline();
  const Instant now = clock_.Now();
  if (gpr_time_cmp(at, gpr_inf_future(at.clock_type)) == 0) return now + options_.default_deadline;
  const gpr_timespec span = gpr_time_sub(at, gpr_now(at.clock_type));
  const absl::Duration left = absl::Seconds(span.tv_sec) + absl::Nanoseconds(span.tv_nsec);
  return now + left - options_.deadline_margin;
}

absl::Status Prologue::Admit(const CallInfo& info) const {
  Failure failure;
  if (refusing_) {
    failure.reason = Reason::kShuttingDown;
    return MakeFailure(absl::StatusCode::kUnavailable, "this gateway is stopping", failure);
  }
  if (info.deadline <= clock_.Now()) {
    failure.reason = Reason::kDeadlineExceeded;
    return MakeFailure(absl::StatusCode::kDeadlineExceeded,
                       "the deadline passed before the call was begun", failure);
  }
  return absl::OkStatus();
}

}  // namespace gw::rpc
