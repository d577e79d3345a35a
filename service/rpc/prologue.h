// What every call goes through before its handler, and after it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/failure.h"
#include "service/observe/call_counts.h"
#include "service/observe/call_log.h"
#include "service/rpc/authorization.h"
#include "service/rpc/call.h"
#include "service/rpc/caller.h"
#include "service/rpc/quotas.h"

namespace gw::rpc {

/// Shared by all services of a process. Thread safety: any thread.
class Prologue {
 public:
  struct Options {
    absl::Duration default_deadline = absl::Seconds(30);
    absl::Duration deadline_margin = absl::Milliseconds(20);
    bool trust_xfcc = false;  ///< see CallerOf in identity.h
    /// Null: every caller may call everything, as often as they like. They outlive the prologue.
    const Authorization* authorization = nullptr;
    Quotas* quotas = nullptr;
    /// Is told of every call that ends. Null: nobody is.
    observe::CallCounts* counts = nullptr;
  };

  /// References outlive it.
  Prologue(Clock& clock, observe::CallLog& calls, Options options)
      : clock_(clock), calls_(calls), options_(options) {}

  /// Who makes a call.
  Caller CallerOf(const grpc::ServerContextBase& context) const;

  /// Whether a rule allows `path` to a caller with these principals; without a policy none does.
  bool RuleAllows(const std::vector<std::string>& principals, absl::string_view path,
                  const grpc::ServerContextBase& context) const;

  /// When a call must be answered at the latest, from what the caller asked for; `otherwise` from
  /// now when it did not.
  Instant DeadlineOf(const grpc::ServerContextBase& context, absl::Duration otherwise) const;
  absl::Duration default_deadline() const { return options_.default_deadline; }

  /// OK, or why the call to `path` does not get to its handler, in this order: SHUTTING_DOWN while
  /// calls are refused, CALLER_NOT_ALLOWED, QUOTA_EXCEEDED, DEADLINE_EXCEEDED. `place` is that of
  /// the call, among its caller's, until it is over.
  absl::Status Admit(const CallInfo& info, absl::string_view path, Quotas::Place& place) const;

  /// As Allowance, of `caller`.
  absl::Duration TakeCall(const std::string& caller) const;
  std::optional<int> MostInFlight(const std::string& caller) const;

  /// From now on calls are refused with SHUTTING_DOWN, and streams are told.
  void RefuseCalls() {
    refusing_ = true;
    draining_.request_stop();
  }
  std::stop_token draining() const { return draining_.get_token(); }

  /// A call has come; a call is over, its answer handed to gRPC's transport. `watches`:
  /// RpcMethod's.
  void CallBegan(bool watches) { ++(watches ? watching_ : working_); }
  void CallEnded(bool watches) { --(watches ? watching_ : working_); }
  /// Calls between the two that do not watch; those that do; all.
  int working() const { return working_; }
  int watching() const { return watching_; }
  int active() const { return working_ + watching_; }

  /// As CallCounts::Ended.
  void CallAnswered(absl::string_view caller, absl::StatusCode code, Reason reason,
                    absl::Duration took, Instant now) const {
    if (options_.counts != nullptr) options_.counts->Ended(caller, code, reason, took, now);
  }

  Clock& clock() const { return clock_; }
  observe::CallLog& calls() const { return calls_; }

 private:
  Clock& clock_;
  observe::CallLog& calls_;
  const Options options_;
  std::atomic<bool> refusing_{false};
  std::stop_source draining_;
  std::atomic<int> working_{0}, watching_{0};
};

}  // namespace gw::rpc
