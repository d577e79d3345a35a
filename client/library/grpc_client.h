// The Client that Connect makes, over gRPC.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "client/library/call_scope.h"
#include "concero/v1/allocation.grpc.pb.h"
#include "concero/v1/assessment.grpc.pb.h"
#include "concero_gateway/client.h"
#include "gateway/v1/diagnostics.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "proctorexam/v1/student_session.grpc.pb.h"

namespace concero {

/// Thread safety: as Client.
class GrpcClient final : public Client {
 public:
  /// `timeout`: of calls that set none.
  GrpcClient(const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout);

  absl::StatusOr<Examinations> ListExaminations(std::optional<absl::Duration> max_staleness,
                                                const CallOptions& options) override;
  absl::Status WatchExaminations(
      const std::string& known_version,
      const std::function<bool(const v1::WatchExaminationsResponse&)>& on_update,
      const CallOptions& options) override;
  absl::StatusOr<v1::AllocateCandidateResponse> Allocate(const Intent& intent,
                                                         const CallOptions& options) override;
  absl::Status ValidateAllocation(const Intent& intent, const CallOptions& options) override;
  absl::Status AllocateMany(const NextIntent& next, const OnResult& on_result,
                            const AllocateManyOptions& many, const CallOptions& options) override;
  absl::StatusOr<v1::CancelAllocationResponse> CancelAllocation(
      int64_t invite_id, const CallOptions& options) override;
  absl::StatusOr<v1::Report> GetReport(int64_t invite_id, const CallOptions& options) override;
  absl::Status WatchReport(int64_t invite_id, std::optional<absl::Duration> poll_interval,
                           const std::function<bool(const v1::Report&)>& on_report,
                           const CallOptions& options) override;
  absl::StatusOr<v1::Allocation> GetAllocation(const AllocationKey& key,
                                               const CallOptions& options) override;
  absl::StatusOr<v1::Allocation> GetAllocationOfInvite(int64_t invite_id, const std::string& caller,
                                                       const CallOptions& options) override;
  absl::StatusOr<std::vector<v1::Allocation>> ListAllocations(const AllocationFilter& filter,
                                                              std::optional<size_t> limit,
                                                              const CallOptions& options) override;
  absl::Status VisitAllocations(const AllocationFilter& filter,
                                const std::function<bool(const v1::Allocation&)>& visit,
                                const CallOptions& options) override;
  absl::StatusOr<v1::Allocation> ConfirmAllocation(const AllocationKey& key, int64_t invite_id,
                                                   const std::string& invite_link,
                                                   const std::string& note,
                                                   const CallOptions& options) override;
  absl::StatusOr<v1::Allocation> AbandonAllocation(const AllocationKey& key,
                                                   const std::string& note,
                                                   const CallOptions& options) override;
  absl::StatusOr<v1::Allocation> ResendAllocation(const AllocationKey& key, const std::string& note,
                                                  const CallOptions& options) override;
  absl::StatusOr<int32_t> EraseCandidate(const std::string& candidate_email,
                                         const CallOptions& options) override;
  absl::StatusOr<proctorexam::v1::StudentSession> UpdateStudentSession(
      const proctorexam::v1::UpdateStudentSessionRequest& request,
      const CallOptions& options) override;
  absl::StatusOr<proctorexam::v1::StudentSession> GetStudentSession(
      int64_t id, const CallOptions& options) override;
  absl::StatusOr<std::vector<proctorexam::v1::StudentSession>> ListStudentSessions(
      int64_t exam_id, std::optional<size_t> limit, const CallOptions& options) override;
  absl::StatusOr<proctorexam::v1::StudentSession> CreateStudentSession(
      const proctorexam::v1::CreateStudentSessionRequest& request,
      const CallOptions& options) override;
  absl::Status DeleteStudentSession(int64_t id, const CallOptions& options) override;
  absl::StatusOr<gateway::v1::PreflightResponse> Preflight(
      const std::vector<std::string>& upstreams, const CallOptions& options) override;
  absl::StatusOr<Health> CheckHealth(const std::string& name, const CallOptions& options) override;

 private:
  // One unary call, until `deadline`.
  template <class Stub, class Request, class Response>
  static absl::Status CallBy(absl::Time deadline, Stub& stub,
                             grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                          Response*),
                             const Request& request, Response* response,
                             const CallOptions& options) {
    if (options.cancel.stop_requested()) return CancelledByCaller();
    CallScope scope(options, deadline);
    return StatusOf((stub.*method)(&scope.context(), request, response));
  }
  // The same, with the timeout of `options` or the client's.
  template <class Stub, class Request, class Response>
  absl::Status Call(Stub& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response, const CallOptions& options) const {
    return CallBy(DeadlineOf(options, timeout_), stub, method, request, response, options);
  }

  absl::StatusOr<Examinations> WalkExaminations(std::optional<absl::Duration> max_staleness,
                                                absl::Time deadline, const CallOptions& options);
  absl::Status WalkAllocations(const AllocationFilter& filter, std::optional<size_t> limit,
                               const std::function<bool(v1::Allocation&)>& visit,
                               const CallOptions& options);
  absl::StatusOr<v1::Allocation> Resolve(const v1::ResolveAllocationRequest& request,
                                         const CallOptions& options);

  const absl::Duration timeout_;
  const std::unique_ptr<v1::AssessmentService::Stub> assessment_;
  const std::unique_ptr<v1::AllocationService::Stub> allocations_;
  const std::unique_ptr<proctorexam::v1::StudentSessionService::Stub> sessions_;
  const std::unique_ptr<gateway::v1::DiagnosticsService::Stub> diagnostics_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

}  // namespace concero
