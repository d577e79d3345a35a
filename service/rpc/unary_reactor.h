// How gRPC drives a unary call: the only file that would change if it were driven otherwise.
#pragma once

#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/status/status.h"
#include "service/rpc/call.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"
#include "service/rpc/status_mapping.h"

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
  /// call of a method; what it returns is for gRPC. `prologue` and `method` outlive the server.
  template <class Handler>
  static grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                         const Request* request, Response* response,
                                         Prologue& prologue, const RpcMethod& method,
                                         Handler&& handler) {
    auto* reactor = new UnaryReactor(method, prologue, *context, FactsOf(*request));
    reactor->Run(*request, *response, std::forward<Handler>(handler));
    return reactor;
  }

 protected:
  UnaryReactor(const RpcMethod& method, Prologue& prologue, const grpc::ServerContextBase& context,
               const RequestFacts& facts)
      : scope_(method, prologue, context, facts) {}

  template <class Handler>
  void Run(const Request& request, Response& response, Handler&& handler) {
    Call<Request, Response> call(*this, request, response, scope_.info());
    if (const absl::Status status = scope_.Admit(); !status.ok()) {
      std::move(call).Finish(status);
    } else {
      std::forward<Handler>(handler)(std::move(call));
    }
  }

  void Finish(const absl::Status& status) override {
    scope_.End(status);
    grpc::ServerUnaryReactor::Finish(ToGrpcStatus(status));
  }

 private:
  void OnCancel() override { scope_.Cancel(); }
  void OnDone() override {
    scope_.SeeHandOver();
    delete this;
  }

  CallScope scope_;
};

}  // namespace gw::rpc
