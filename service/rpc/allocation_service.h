// concero.v1.AllocationService as gRPC knows it.
#pragma once

#include "concero/v1/allocation.grpc.pb.h"
#include "service/observe/metrics.h"
#include "service/rpc/allocation_handlers.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"
#include "service/rpc/unary_call.h"

namespace gw::rpc {

/// As generated, but that it deals in bytes: unary_call.h.
using RawAllocationService = ::concero::v1::AllocationService::WithRawMethod_GetAllocation<
    ::concero::v1::AllocationService::WithRawMethod_ListAllocations<
        ::concero::v1::AllocationService::WithRawMethod_ResolveAllocation<
            ::concero::v1::AllocationService::WithRawMethod_EraseCandidate<
                ::concero::v1::AllocationService::Service>>>>;

/// Hands each method to its handler. References outlive the server that it is registered with.
class AllocationService final : public RawAllocationService, public QueuedService {
 public:
  /// `handlers` null: the gateway is not configured for Concero, and says so to every call.
  AllocationService(AllocationHandlers* handlers, Prologue& prologue, observe::Metrics& metrics);

  void Serve(CallQueue& queue) override;

 private:
  AllocationService(AllocationHandlers* handlers, Prologue& prologue, const MethodMaker& methods);

  UnaryRpc<::concero::v1::GetAllocationRequest, ::concero::v1::GetAllocationResponse> get_;
  UnaryRpc<::concero::v1::ListAllocationsRequest, ::concero::v1::ListAllocationsResponse> list_;
  UnaryRpc<::concero::v1::ResolveAllocationRequest, ::concero::v1::ResolveAllocationResponse>
      resolve_;
  UnaryRpc<::concero::v1::EraseCandidateRequest, ::concero::v1::EraseCandidateResponse> erase_;
};

}  // namespace gw::rpc
