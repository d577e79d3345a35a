// What each RPC of concero.v1.AssessmentService does, without gRPC.
#pragma once

#include "absl/status/status.h"
#include "concero/v1/assessment.pb.h"
#include "service/base/timer.h"
#include "service/concero/client.h"
#include "service/concero/examination_cache.h"
#include "service/ledger/allocations.h"
#include "service/ledger/ledger.h"
#include "service/rpc/call.h"
#include "service/rpc/encoded_response.h"

namespace gw::rpc {

/// Each function answers its call exactly once.
/// Thread safety: all functions may be called from any thread.
class AssessmentHandlers {
 public:
  /// All references outlive it and every call.
  AssessmentHandlers(concero::Client& client, concero::ExaminationCache& cache,
                     ledger::Ledger& ledger, ledger::Allocations& allocations, Timer& timer)
      : client_(client), cache_(cache), ledger_(ledger), allocations_(allocations), timer_(timer) {}

  void ListExaminations(Call<::concero::v1::ListExaminationsRequest, EncodedResponse> call);
  void AllocateCandidate(
      Call<::concero::v1::AllocateCandidateRequest, ::concero::v1::AllocateCandidateResponse> call);
  void CancelAllocation(
      Call<::concero::v1::CancelAllocationRequest, ::concero::v1::CancelAllocationResponse> call);
  void GetReport(Call<::concero::v1::GetReportRequest, ::concero::v1::GetReportResponse> call);

 private:
  void MarkCancelled(
      Call<::concero::v1::CancelAllocationRequest, ::concero::v1::CancelAllocationResponse> call,
      int64_t invite_id);
  absl::Status CheckOnly(const ::concero::v1::AllocateCandidateRequest& request) const;

  concero::Client& client_;
  concero::ExaminationCache& cache_;
  ledger::Ledger& ledger_;
  ledger::Allocations& allocations_;
  Timer& timer_;
};

}  // namespace gw::rpc
