// One RPC as a handler sees it, whatever drives it.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/observe/call_record.h"
#include "service/rest/call_context.h"

namespace gw::rpc {

/// What drives a call: the one thing that knows gRPC (unary_call.h).
class CallDriver {
 public:
  /// Ends the call; it must not be touched afterwards. The response counts only with OK.
  virtual void Finish(const absl::Status& status) = 0;

 protected:
  ~CallDriver() = default;
};

/// What a rule of the policy says of the call's caller.
class Permissions {
 public:
  /// Whether one allows `path`, which need not be that of an RPC. Without a policy none does. Not
  /// to be asked after Finish. Thread safety: any thread.
  virtual bool Allows(absl::string_view path) const = 0;

 protected:
  ~Permissions() = default;
};

/// What the quota leaves a caller whose stream is more than one call. Thread safety: any thread,
/// until Finish.
class Allowance {
 public:
  /// Takes what one call more takes of the calls a second. Zero: done; else after how long there
  /// will be one, and nothing was taken.
  virtual absl::Duration TakeCall() const = 0;
  /// How many calls it may have in flight.
  virtual std::optional<int> MostInFlight() const = 0;

 protected:
  ~Allowance() = default;
};

/// What is known of a call besides its request.
struct CallInfo {
  /// The caller's deadline less `grpc.deadline_margin`; without one the default, of a stream never.
  Instant deadline;
  /// Stopped when the caller cancels or is gone.
  std::stop_token cancel;
  /// Stopped when the gateway is about to stop.
  std::stop_token draining;
  /// Who calls: `anonymous` when nothing identifies it.
  std::string caller = "anonymous";
  /// What it may do besides calling; null: nothing.
  const Permissions* permissions = nullptr;
  /// Null: no limit.
  const Allowance* allowance = nullptr;
  /// Its request id and trace, and what is to be logged of it. Not null.
  observe::CallRecordPtr record;
};

/// The same for who asks an upstream.
inline rest::CallContext ContextOf(const CallInfo& info) {
  return {info.deadline, info.cancel, info.record};
}

/// The right to finish a call, exactly once: whoever holds it last and lets go finishes it
/// CANCELLED. Thread safety: one owner at a time; may be finished on any thread.
template <class Request, class Response>
class Call {
 public:
  Call(CallDriver& driver, const Request& request, Response& response, const CallInfo& info)
      : driver_(&driver), request_(&request), response_(&response), info_(&info) {}
  Call(Call&& other) noexcept
      : driver_(std::exchange(other.driver_, nullptr)),
        request_(other.request_),
        response_(other.response_),
        info_(other.info_) {}
  Call& operator=(Call&&) = delete;
  ~Call() {
    if (driver_ != nullptr) driver_->Finish(absl::CancelledError("the call was dropped"));
  }

  /// Valid until Finish.
  const Request& request() const { return *request_; }
  Response& response() { return *response_; }
  const CallInfo& info() const { return *info_; }

  void Finish(const absl::Status& status) && { std::exchange(driver_, nullptr)->Finish(status); }

 private:
  CallDriver* driver_;
  const Request* request_;
  Response* response_;
  const CallInfo* info_;
};

}  // namespace gw::rpc
