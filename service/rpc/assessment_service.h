// concero.v1.AssessmentService as gRPC knows it.
#pragma once

#include "concero/v1/assessment.grpc.pb.h"
#include "service/observe/metrics.h"
#include "service/rpc/assessment_handlers.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"

namespace gw::rpc {

/// As generated, but that ListExaminations deals in bytes: most callers get the same ones.
using RawListService = ::concero::v1::AssessmentService::WithRawCallbackMethod_ListExaminations<
    ::concero::v1::AssessmentService::CallbackService>;

/// Hands each method to its handler. References outlive the server that it is registered with.
class AssessmentService final : public RawListService {
 public:
  /// `handlers` null: the gateway is not configured for Concero, and says so to every call.
  AssessmentService(AssessmentHandlers* handlers, Prologue& prologue, observe::Metrics& metrics);

  grpc::ServerUnaryReactor* ListExaminations(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* AllocateCandidate(
      grpc::CallbackServerContext* context, const ::concero::v1::AllocateCandidateRequest* request,
      ::concero::v1::AllocateCandidateResponse* response) override;
  grpc::ServerUnaryReactor* CancelAllocation(
      grpc::CallbackServerContext* context, const ::concero::v1::CancelAllocationRequest* request,
      ::concero::v1::CancelAllocationResponse* response) override;
  grpc::ServerUnaryReactor* GetReport(grpc::CallbackServerContext* context,
                                      const ::concero::v1::GetReportRequest* request,
                                      ::concero::v1::GetReportResponse* response) override;

 private:
  AssessmentService(AssessmentHandlers* handlers, Prologue& prologue, const MethodMaker& methods);

  AssessmentHandlers* const handlers_;
  Prologue& prologue_;
  const RpcMethod list_;
  const RpcMethod allocate_;
  const RpcMethod cancel_;
  const RpcMethod report_;
};

}  // namespace gw::rpc
