#include "service/rpc/prologue.h"

#include <grpc/support/time.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/rpc/identity.h"

namespace gw::rpc {

Instant Prologue::DeadlineOf(const grpc::ServerContextBase& context,
                             absl::Duration otherwise) const {
  // Not deadline(): as a time_point of nanoseconds it overflows for what is centuries away, into
  // the past.
  // And not our clock: which clock a deadline is of, gRPC decides.
  const gpr_timespec at = context.raw_deadline();
  const Instant now = clock_.Now();
  if (gpr_time_cmp(at, gpr_inf_future(at.clock_type)) == 0) return now + otherwise;
  const gpr_timespec span = gpr_time_sub(at, gpr_now(at.clock_type));
  const absl::Duration left = absl::Seconds(span.tv_sec) + absl::Nanoseconds(span.tv_nsec);
  return now + left - options_.deadline_margin;
}

absl::Duration Prologue::TakeCall(const std::string& caller) const {
  return options_.quotas == nullptr ? absl::ZeroDuration() : options_.quotas->TakeCall(caller);
}

std::optional<int> Prologue::MostInFlight(const std::string& caller) const {
  return options_.quotas == nullptr ? std::nullopt : options_.quotas->MostInFlight(caller);
}

Caller Prologue::CallerOf(const grpc::ServerContextBase& context) const {
  return rpc::CallerOf(context.auth_context().get(), context.client_metadata(),
                       options_.trust_xfcc);
}

bool Prologue::RuleAllows(const std::vector<std::string>& principals, absl::string_view path,
                          const grpc::ServerContextBase& context) const {
  if (options_.authorization == nullptr) return false;
  const std::shared_ptr<const Policy> policy = options_.authorization->policy();
  if (policy == nullptr) return false;
  const auto headers = [&](absl::string_view key) {
    return HeaderOf(context.client_metadata(), key);
  };
  return policy->Decide(principals, path, headers).allowed;
}

absl::Status Prologue::Admit(const CallInfo& info, absl::string_view path,
                             Quotas::Place& place) const {
  Failure failure;
  if (refusing_) {
    failure.reason = Reason::kShuttingDown;
    return MakeFailure(absl::StatusCode::kUnavailable, "this gateway is stopping", failure);
  }
  if (options_.authorization != nullptr && options_.authorization->has_policy() &&
      (info.permissions == nullptr || !info.permissions->Allows(path))) {
    failure.reason = Reason::kCallerNotAllowed;
    return MakeFailure(absl::StatusCode::kPermissionDenied,
                       absl::StrCat("this caller may not call ", path,
                                    "; ask the gateway's operator for a rule ", "that allows it"),
                       failure);
  }
  if (options_.quotas != nullptr) {
    if (absl::Status status = options_.quotas->Admit(info.caller, place); !status.ok()) {
      return status;
    }
  }
  if (info.deadline <= clock_.Now()) {
    failure.reason = Reason::kDeadlineExceeded;
    return MakeFailure(absl::StatusCode::kDeadlineExceeded,
                       "the deadline passed before the call was begun", failure);
  }
  return absl::OkStatus();
}

}  // namespace gw::rpc
