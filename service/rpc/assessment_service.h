// concero.v1.AssessmentService as gRPC knows it.
#pragma once

#include "concero/v1/assessment.grpc.pb.h"
#include "service/observe/metrics.h"
#include "service/rpc/allocation_stream.h"
#include "service/rpc/assessment_handlers.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/encoded_response.h"
#include "service/rpc/prologue.h"
#include "service/rpc/stream_call.h"
#include "service/rpc/unary_call.h"
#include "service/rpc/watch_handlers.h"

namespace gw::rpc {

/// As generated, but that it deals in bytes: unary_call.h.
using RawAssessmentCalls = ::concero::v1::AssessmentService::WithRawMethod_ListExaminations<
    ::concero::v1::AssessmentService::WithRawMethod_AllocateCandidate<
        ::concero::v1::AssessmentService::WithRawMethod_CancelAllocation<
            ::concero::v1::AssessmentService::WithRawMethod_GetReport<
                ::concero::v1::AssessmentService::Service>>>>;
using RawAssessmentService = ::concero::v1::AssessmentService::WithRawMethod_WatchExaminations<
    ::concero::v1::AssessmentService::WithRawMethod_WatchReport<
        ::concero::v1::AssessmentService::WithRawMethod_AllocateCandidates<RawAssessmentCalls>>>;

/// Hands each method to its handler. References outlive the server that it is registered with.
class AssessmentService final : public RawAssessmentService, public QueuedService {
 public:
  /// What answers.
  struct Handlers {
    AssessmentHandlers& calls;
    WatchHandlers& watches;
    const AllocationStreamTools& streams;
  };

  /// `handlers` null: the gateway is not configured for Concero, and says so to every call.
  AssessmentService(const Handlers* handlers, Prologue& prologue, observe::Metrics& metrics);

  void Serve(CallQueue& queue) override;

 private:
  AssessmentService(const Handlers* handlers, Prologue& prologue, const MethodMaker& methods);

  const RpcMethod item_;  // of AllocateCandidates
  UnaryRpc<::concero::v1::ListExaminationsRequest, EncodedResponse> list_;
  UnaryRpc<::concero::v1::AllocateCandidateRequest, ::concero::v1::AllocateCandidateResponse>
      allocate_;
  UnaryRpc<::concero::v1::CancelAllocationRequest, ::concero::v1::CancelAllocationResponse> cancel_;
  UnaryRpc<::concero::v1::GetReportRequest, ::concero::v1::GetReportResponse> report_;
  WatchRpc<::concero::v1::WatchExaminationsRequest, EncodedResponse> watch_list_;
  WatchRpc<::concero::v1::WatchReportRequest, ::concero::v1::WatchReportResponse> watch_report_;
  ExchangeRpc<::concero::v1::AllocateCandidatesRequest, ::concero::v1::AllocateCandidatesResponse>
      allocate_many_;
};

}  // namespace gw::rpc
