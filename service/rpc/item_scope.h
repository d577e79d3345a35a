// One item of a stream, as a call of its own: what CallScope is to a call.
#pragma once

#include "absl/status/status.h"
#include "service/base/clock.h"
#include "service/rpc/call.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"

namespace gw::rpc {

/// In its constructor the item begins, with End it is answered; metrics and the log are told of it
/// as of a call of `method`. It has the caller, the trace and the cancel of its stream, the default
/// deadline or the stream's, whichever is sooner, and a request id of its own. Thread safety: one
/// owner at a time.
class ItemScope {
 public:
  /// References outlive it. What `facts` refers to lives until End.
  ItemScope(const RpcMethod& method, Prologue& prologue, const CallInfo& stream,
            const RequestFacts& facts);

  const CallInfo& info() const { return info_; }

  /// Once.
  void End(const absl::Status& status);

 private:
  const RpcMethod& method_;
  Prologue& prologue_;
  const RequestFacts facts_;
  const Instant began_;
  CallInfo info_;
};

}  // namespace gw::rpc
