// gateway.v1.DiagnosticsService as gRPC knows it.
#pragma once

#include "gateway/v1/diagnostics.grpc.pb.h"
#include "service/observe/metrics.h"
#include "service/rest/preflights.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"

namespace gw::rpc {

/// Validates each request and hands it on. References outlive the server that it is registered
/// with.
class DiagnosticsService final : public gateway::v1::DiagnosticsService::CallbackService {
 public:
  DiagnosticsService(rest::Preflights& preflights, Prologue& prologue, observe::Metrics& metrics);

  grpc::ServerUnaryReactor* Preflight(grpc::CallbackServerContext* context,
                                      const gateway::v1::PreflightRequest* request,
                                      gateway::v1::PreflightResponse* response) override;

 private:
  rest::Preflights& preflights_;
  Prologue& prologue_;
  const RpcMethod preflight_;
};

/// What a caller is told of the preflights. Thread safety: pure.
gateway::v1::PreflightResponse ToMessage(const rest::Preflights::Results& results);

}  // namespace gw::rpc
