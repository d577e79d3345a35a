// concero.v1.AllocationService as gRPC knows it.
#pragma once

#include "concero/v1/allocation.grpc.pb.h"
#include "service/observe/metrics.h"
#include "service/rpc/allocation_handlers.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"

namespace gw::rpc {

/// Hands each method to its handler. References outlive the server that it is registered with.
class AllocationService final : public ::concero::v1::AllocationService::CallbackService {
 public:
  /// `handlers` null: the gateway is not configured for Concero, and says so to every call.
  AllocationService(AllocationHandlers* handlers, Prologue& prologue, observe::Metrics& metrics);

  grpc::ServerUnaryReactor* GetAllocation(grpc::CallbackServerContext* context,
                                          const ::concero::v1::GetAllocationRequest* request,
                                          ::concero::v1::GetAllocationResponse* response) override;
  grpc::ServerUnaryReactor* ListAllocations(
      grpc::CallbackServerContext* context, const ::concero::v1::ListAllocationsRequest* request,
      ::concero::v1::ListAllocationsResponse* response) override;
  grpc::ServerUnaryReactor* ResolveAllocation(
      grpc::CallbackServerContext* context, const ::concero::v1::ResolveAllocationRequest* request,
      ::concero::v1::ResolveAllocationResponse* response) override;
  grpc::ServerUnaryReactor* EraseCandidate(
      grpc::CallbackServerContext* context, const ::concero::v1::EraseCandidateRequest* request,
      ::concero::v1::EraseCandidateResponse* response) override;

 private:
  AllocationService(AllocationHandlers* handlers, Prologue& prologue, const MethodMaker& methods);

  AllocationHandlers* const handlers_;
  Prologue& prologue_;
  const RpcMethod get_;
  const RpcMethod list_;
  const RpcMethod resolve_;
  const RpcMethod erase_;
};

}  // namespace gw::rpc
