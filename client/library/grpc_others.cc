// ProctorExam's student sessions, and what operators ask.
#include <algorithm>
#include <utility>

#include "client/library/grpc_client.h"
#include "client/library/outcome_mark.h"

namespace concero {
namespace {

namespace px = proctorexam::v1;
using SessionStub = px::StudentSessionService::Stub;
using HealthResponse = grpc::health::v1::HealthCheckResponse;

constexpr size_t kLargestSessionPage = 300;

}  // namespace

absl::StatusOr<px::StudentSession> GrpcClient::UpdateStudentSession(
    const px::UpdateStudentSessionRequest& request, const CallOptions& options) {
  px::UpdateStudentSessionResponse response;
  const absl::Status status =
      Call(*sessions_, &SessionStub::UpdateStudentSession, request, &response, options);
  if (!status.ok()) return status;
  return std::move(*response.mutable_student_session());
}

absl::StatusOr<px::StudentSession> GrpcClient::GetStudentSession(int64_t id,
                                                                 const CallOptions& options) {
  px::GetStudentSessionRequest request;
  request.set_id(id);
  px::GetStudentSessionResponse response;
  const absl::Status status =
      Call(*sessions_, &SessionStub::GetStudentSession, request, &response, options);
  if (!status.ok()) return status;
  return std::move(*response.mutable_student_session());
}

absl::StatusOr<std::vector<px::StudentSession>> GrpcClient::ListStudentSessions(
    int64_t exam_id, std::optional<size_t> limit, const CallOptions& options) {
  std::vector<px::StudentSession> found;
  if (limit == 0) return found;
  const absl::Time deadline = DeadlineOf(options, timeout_);
  px::ListStudentSessionsRequest request;
  request.set_exam_id(exam_id);
  request.set_page_size(
      static_cast<int32_t>(std::min(limit.value_or(kLargestSessionPage), kLargestSessionPage)));
  do {
    px::ListStudentSessionsResponse page;
    const absl::Status status =
        CallBy(deadline, *sessions_, &SessionStub::ListStudentSessions, request, &page, options);
    if (!status.ok()) return status;
    for (auto& session : *page.mutable_student_sessions()) {
      found.push_back(std::move(session));
      if (found.size() == limit) return found;
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return found;
}

absl::StatusOr<px::StudentSession> GrpcClient::CreateStudentSession(
    const px::CreateStudentSessionRequest& request, const CallOptions& options) {
  if (options.cancel.stop_requested()) return CancelledByCaller();  // no doubt: nothing is sent
  px::CreateStudentSessionResponse response;
  const absl::Status status =
      Call(*sessions_, &SessionStub::CreateStudentSession, request, &response, options);
  if (!status.ok()) return MarkedIfOutcomeUnknown(status);
  return std::move(*response.mutable_student_session());
}

absl::Status GrpcClient::DeleteStudentSession(int64_t id, const CallOptions& options) {
  px::DeleteStudentSessionRequest request;
  request.set_id(id);
  px::DeleteStudentSessionResponse response;
  return Call(*sessions_, &SessionStub::DeleteStudentSession, request, &response, options);
}

absl::StatusOr<gateway::v1::PreflightResponse> GrpcClient::Preflight(
    const std::vector<std::string>& upstreams, const CallOptions& options) {
  gateway::v1::PreflightRequest request;
  request.mutable_upstreams()->Add(upstreams.begin(), upstreams.end());
  gateway::v1::PreflightResponse response;
  const absl::Status status = Call(*diagnostics_, &gateway::v1::DiagnosticsService::Stub::Preflight,
                                   request, &response, options);
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<Health> GrpcClient::CheckHealth(const std::string& name,
                                               const CallOptions& options) {
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(name);
  HealthResponse response;
  const absl::Status status =
      Call(*health_, &grpc::health::v1::Health::Stub::Check, request, &response, options);
  if (!status.ok()) return status;
  switch (response.status()) {
    case HealthResponse::SERVING:
      return Health::kServing;
    case HealthResponse::NOT_SERVING:
      return Health::kNotServing;
    default:
      return Health::kUnknown;
  }
}

}  // namespace concero
