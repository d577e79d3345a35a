#include "service/rpc/prologue.h"

#include "service/base/failure.h"

namespace gw::rpc {

Instant Prologue::DeadlineOf(const grpc::ServerContextBase& context) const {
  const Instant now = clock_.Now();
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return now + options_.default_deadline;
  }
  return now + (absl::FromChrono(deadline) - clock_.WallNow()) - options_.deadline_margin;
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
