// Examinations, invitations and reports.
#include <utility>

#include "client/library/grpc_client.h"
#include "client/library/proto_time.h"

namespace concero {
namespace {

using AssessmentStub = v1::AssessmentService::Stub;

// How often a list that changes while it is read is begun.
constexpr int kWalks = 3;

v1::AllocateCandidateRequest RequestOf(const Intent& intent) {
  v1::AllocateCandidateRequest request;
  request.set_examination_id(intent.examination_id());
  request.set_candidate_email(intent.candidate_email());
  request.set_request_id(intent.request_id());
  return request;
}

}  // namespace

GrpcClient::GrpcClient(const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout)
    : timeout_(timeout),
      assessment_(v1::AssessmentService::NewStub(channel)),
      allocations_(v1::AllocationService::NewStub(channel)),
      sessions_(proctorexam::v1::StudentSessionService::NewStub(channel)),
      diagnostics_(gateway::v1::DiagnosticsService::NewStub(channel)),
      health_(grpc::health::v1::Health::NewStub(channel)) {}

absl::StatusOr<Examinations> GrpcClient::ListExaminations(
    std::optional<absl::Duration> max_staleness, const CallOptions& options) {
  const absl::Time deadline = DeadlineOf(options, timeout_);
  for (int walk = 1;; ++walk) {
    auto list = WalkExaminations(max_staleness, deadline, options);
    const bool changed = ReasonOf(list.status()) == gateway::v1::REASON_PAGE_TOKEN_EXPIRED;
    if (!changed || walk == kWalks) return list;
  }
}

absl::StatusOr<Examinations> GrpcClient::WalkExaminations(
    std::optional<absl::Duration> max_staleness, absl::Time deadline, const CallOptions& options) {
  Examinations list;
  v1::ListExaminationsRequest request;
  if (max_staleness && *max_staleness != absl::InfiniteDuration()) {
    *request.mutable_max_staleness() = ToProto(*max_staleness);
  }
  do {
    v1::ListExaminationsResponse page;
    const absl::Status status =
        CallBy(deadline, *assessment_, &AssessmentStub::ListExaminations, request, &page, options);
    if (!status.ok()) return status;
    for (auto& examination : *page.mutable_examinations()) {
      list.examinations.push_back(std::move(examination));
    }
    list.fetch_time = FromProto(page.fetch_time());
    list.stale = page.stale();
    list.version = page.version();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return list;
}

absl::StatusOr<v1::AllocateCandidateResponse> GrpcClient::Allocate(const Intent& intent,
                                                                   const CallOptions& options) {
  v1::AllocateCandidateResponse response;
  const absl::Status status =
      Call(*assessment_, &AssessmentStub::AllocateCandidate, RequestOf(intent), &response, options);
  if (!status.ok()) return status;
  return response;
}

absl::Status GrpcClient::ValidateAllocation(const Intent& intent, const CallOptions& options) {
  v1::AllocateCandidateRequest request = RequestOf(intent);
  request.set_validate_only(true);
  v1::AllocateCandidateResponse response;
  return Call(*assessment_, &AssessmentStub::AllocateCandidate, request, &response, options);
}

absl::StatusOr<v1::CancelAllocationResponse> GrpcClient::CancelAllocation(
    int64_t invite_id, const CallOptions& options) {
  v1::CancelAllocationRequest request;
  request.set_invite_id(invite_id);
  v1::CancelAllocationResponse response;
  const absl::Status status =
      Call(*assessment_, &AssessmentStub::CancelAllocation, request, &response, options);
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::Report> GrpcClient::GetReport(int64_t invite_id, const CallOptions& options) {
  v1::GetReportRequest request;
  request.set_invite_id(invite_id);
  v1::GetReportResponse response;
  const absl::Status status =
      Call(*assessment_, &AssessmentStub::GetReport, request, &response, options);
  if (!status.ok()) return status;
  return std::move(*response.mutable_report());
}

}  // namespace concero
