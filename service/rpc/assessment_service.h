// concero.v1.AssessmentService over the Concero client, allocator and cache.
#pragma once

#include "concero/v1/assessment.grpc.pb.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/concero/allocator.h"
#include "service/concero/client.h"
#include "service/concero/examination_cache.h"
#include "service/observe/metrics.h"
#include "service/rpc/call.h"
#include "service/rpc/prologue.h"

namespace gw::rpc {

/// The handlers, each of which answers its call exactly once. They know no gRPC.
/// Thread safety: all functions may be called from any thread.
class AssessmentHandlers {
 public:
  /// All references outlive it and every call.
  AssessmentHandlers(concero::Client& client, concero::Allocator& allocator,
                     concero::ExaminationCache& cache, Clock& clock, Random& random)
      : client_(client), allocator_(allocator), cache_(cache), clock_(clock), random_(random) {}

  void ListExaminations(
      Call<::concero::v1::ListExaminationsRequest, ::concero::v1::ListExaminationsResponse> call);
  void AllocateCandidate(
      Call<::concero::v1::AllocateCandidateRequest, ::concero::v1::AllocateCandidateResponse> call);
  void CancelAllocation(
      Call<::concero::v1::CancelAllocationRequest, ::concero::v1::CancelAllocationResponse> call);
  void GetReport(Call<::concero::v1::GetReportRequest, ::concero::v1::GetReportResponse> call);

 private:
  absl::Status CheckOnly(const ::concero::v1::AllocateCandidateRequest& request) const;

  concero::Client& client_;
  concero::Allocator& allocator_;
  concero::ExaminationCache& cache_;
  Clock& clock_;
  Random& random_;
};

/// The service as gRPC knows it. References outlive the server that it is registered with.
class AssessmentService final : public ::concero::v1::AssessmentService::CallbackService {
 public:
  AssessmentService(AssessmentHandlers& handlers, const Prologue& prologue,
                    observe::Metrics& metrics);

  grpc::ServerUnaryReactor* ListExaminations(
      grpc::CallbackServerContext* context, const ::concero::v1::ListExaminationsRequest* request,
      ::concero::v1::ListExaminationsResponse* response) override;
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
  AssessmentHandlers& handlers_;
  const Prologue& prologue_;
  observe::RpcMetrics& list_;
  observe::RpcMetrics& allocate_;
  observe::RpcMetrics& cancel_;
  observe::RpcMetrics& report_;
};

}  // namespace gw::rpc
