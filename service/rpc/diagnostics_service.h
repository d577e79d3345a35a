// gateway.v1.DiagnosticsService as gRPC knows it.
#pragma once

#include "gateway/v1/diagnostics.grpc.pb.h"
#include "service/observe/metrics.h"
#include "service/rest/preflights.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"
#include "service/rpc/unary_call.h"

namespace gw::rpc {

/// As generated, but that it deals in bytes: unary_call.h.
using RawDiagnosticsService = gateway::v1::DiagnosticsService::WithRawMethod_Preflight<
    gateway::v1::DiagnosticsService::Service>;

/// Validates each request and hands it on. References outlive the server that it is registered
/// with.
class DiagnosticsService final : public RawDiagnosticsService, public QueuedService {
 public:
  DiagnosticsService(rest::Preflights& preflights, Prologue& prologue, observe::Metrics& metrics);

  void Serve(CallQueue& queue) override;

 private:
  UnaryRpc<gateway::v1::PreflightRequest, gateway::v1::PreflightResponse> preflight_;
};

/// What a caller is told of the preflights. Thread safety: pure.
gateway::v1::PreflightResponse ToMessage(const rest::Preflights::Results& results);

}  // namespace gw::rpc
