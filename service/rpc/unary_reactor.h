// How gRPC drives a unary call: the only file that would change if it were driven otherwise.
#pragma once

#include <grpcpp/grpcpp.h>

#include <stop_token>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "service/base/failure.h"
#include "service/observe/log.h"
#include "service/observe/metrics.h"
#include "service/rpc/call.h"
#include "service/rpc/prologue.h"
#include "service/rpc/status_mapping.h"
#include "service/rpc/validation.h"

namespace gw::rpc {

/// One call. gRPC owns it from Start on: it deletes itself when gRPC is done with it.
///
/// Handlers never block: gRPC 1.51 runs no more of them at a time than there are CPUs. Finish may
/// come from any thread, also from within the handler, also before gRPC has been handed the
/// reactor.
template <class Request, class Response>
class UnaryReactor : public grpc::ServerUnaryReactor, private CallDriver {
 public:
  /// Runs the prologue, then `handler(Call<Request, Response>)`. Called on a gRPC thread for every
  /// call of a method; what it returns is for gRPC. `prologue` and `metrics` outlive the server.
  template <class Handler>
  static grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                         const Request* request, Response* response,
                                         Prologue& prologue, observe::RpcMetrics& metrics,
                                         Handler&& handler) {
    auto* reactor = new UnaryReactor(prologue, metrics);
    reactor->Run(*context, *request, *response, std::forward<Handler>(handler));
    return reactor;
  }

 protected:
  UnaryReactor(Prologue& prologue, observe::RpcMetrics& metrics)
      : prologue_(prologue), metrics_(metrics), began_(prologue.clock().Now()) {
    prologue_.CallBegan();
  }
  ~UnaryReactor() override { prologue_.CallEnded(); }

  template <class Handler>
  void Run(const grpc::CallbackServerContext& context, const Request& request, Response& response,
           Handler&& handler) {
    info_.deadline = prologue_.DeadlineOf(context);
    info_.cancel = cancel_.get_token();
    Call<Request, Response> call(*this, request, response, info_);
    if (absl::Status status = prologue_.Admit(info_); !status.ok()) {
      if constexpr (requires { request.request_id(); }) {
        if (!request.request_id().empty() && IsRequestId(request.request_id())) {
          status = WithMetadata(status, "request_id", request.request_id());
        }
      }
      std::move(call).Finish(status);
    } else {
      std::forward<Handler>(handler)(std::move(call));
    }
  }

  void Finish(const absl::Status& status) override {
    metrics_.Observe(status.code(), status.ok() ? Reason::kUnspecified : GetFailure(status).reason,
                     prologue_.clock().Now() - began_);
    grpc::ServerUnaryReactor::Finish(ToGrpcStatus(status));
  }

 private:
  void OnCancel() override { cancel_.request_stop(); }
  void OnDone() override { delete this; }

  Prologue& prologue_;
  observe::RpcMetrics& metrics_;
  const Instant began_;
  std::stop_source cancel_;
  CallInfo info_;
};

}  // namespace gw::rpc
