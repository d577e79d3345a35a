// One call of gRPC's: its deadline, its cancelling and its headers, and its status as ours.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <stop_token>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "concero_gateway/options.h"

namespace concero {

/// When a call ends whose `options` set a timeout; without one it has `by_default`.
absl::Time DeadlineOf(const CallOptions& options, absl::Duration by_default);

/// Lives as long as its call, which is cancelled when `options.cancel` is asked to stop.
/// Thread safety: Cancel may be called from any thread.
class CallScope {
 public:
  CallScope(const CallOptions& options, absl::Time deadline);

  grpc::ClientContext& context() { return context_; }
  void Cancel() { context_.TryCancel(); }

 private:
  struct Canceller {
    grpc::ClientContext& context;
    void operator()() const { context.TryCancel(); }
  };
  grpc::ClientContext context_;
  // The first to go: it uses the context.
  std::stop_callback<Canceller> on_cancel_;
};

/// CANCELLED, of a call whose `cancel` has been asked to stop.
absl::Status CancelledByCaller();

/// With the gateway's details as payloads.
absl::Status StatusOf(const grpc::Status& status);

}  // namespace concero
