// concero.v1.AssessmentService as gRPC knows it.
#pragma once

#include "concero/v1/assessment.grpc.pb.h"
#include "service/observe/metrics.h"
#include "service/rpc/assessment_handlers.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/encoded_response.h"
#include "service/rpc/prologue.h"
#include "service/rpc/unary_call.h"

namespace gw::rpc {

/// As generated, but that it deals in bytes: unary_call.h.
using RawAssessmentService = ::concero::v1::AssessmentService::WithRawMethod_ListExaminations<
    ::concero::v1::AssessmentService::WithRawMethod_AllocateCandidate<
        ::concero::v1::AssessmentService::WithRawMethod_CancelAllocation<
            ::concero::v1::AssessmentService::WithRawMethod_GetReport<
                ::concero::v1::AssessmentService::Service>>>>;

/// Hands each method to its handler. References outlive the server that it is registered with.
class AssessmentService final : public RawAssessmentService, public QueuedService {
 public:
  /// `handlers` null: the gateway is not configured for Concero, and says so to every call.
  AssessmentService(AssessmentHandlers* handlers, Prologue& prologue, observe::Metrics& metrics);

  void Serve(CallQueue& queue) override;

 private:
  AssessmentService(AssessmentHandlers* handlers, Prologue& prologue, const MethodMaker& methods);

  UnaryRpc<::concero::v1::ListExaminationsRequest, EncodedResponse> list_;
  UnaryRpc<::concero::v1::AllocateCandidateRequest, ::concero::v1::AllocateCandidateResponse>
      allocate_;
  UnaryRpc<::concero::v1::CancelAllocationRequest, ::concero::v1::CancelAllocationResponse> cancel_;
  UnaryRpc<::concero::v1::GetReportRequest, ::concero::v1::GetReportResponse> report_;
};

}  // namespace gw::rpc
