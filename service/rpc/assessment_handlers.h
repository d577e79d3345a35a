// What each RPC of concero.v1.AssessmentService does, without gRPC.
#pragma once

#include "absl/status/status.h"
#include "concero/v1/assessment.pb.h"
#include "service/base/clock.h"
#include "service/concero/allocator.h"
#include "service/concero/client.h"
#include "service/concero/examination_cache.h"
#include "service/rpc/call.h"
#include "service/rpc/encoded_response.h"

namespace gw::rpc {

/// Each function answers its call exactly once.
/// Thread safety: all functions may be called from any thread.
class AssessmentHandlers {
 public:
  /// All references outlive it and every call.
  AssessmentHandlers(concero::Client& client, concero::Allocator& allocator,
                     concero::ExaminationCache& cache, Clock& clock)
      : client_(client), allocator_(allocator), cache_(cache), clock_(clock) {}

  void ListExaminations(Call<::concero::v1::ListExaminationsRequest, EncodedResponse> call);
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
};

}  // namespace gw::rpc
