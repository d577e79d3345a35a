// A Client for your tests: a gateway with its ledger, in memory.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "concero_gateway/client.h"
#include "concero_gateway/fake_failure.h"

namespace concero {

class FakeLedger;
class FakeSessions;

/// Behaves towards its caller as the gateway does, in short: a request_id invites once; its repeat
/// is `replayed`, with another candidate or examination it is REQUEST_ID_REUSED; doubt stays until
/// it is settled. Nothing waits but the watches, and AllocateMany waits for no delay and does all
/// on the calling thread. There is one caller, `anonymous`; to ask for another's rows is
/// CALLER_NOT_ALLOWED. Thread safety: all functions may be called from any thread.
class FakeClient final : public Client {
 public:
  FakeClient();
  ~FakeClient() override;

  // What a test arranges.

  /// What there is from now on; watchers are told. Before the first time the list is empty and
  /// every examination may be allocated to, afterwards another one is UPSTREAM_NOT_FOUND.
  void SetExaminations(std::vector<v1::Examination> examinations);
  /// The report of `report.invite_id()`; watchers are told. An invitation has an empty one until
  /// then; what is neither invited nor set is UPSTREAM_NOT_FOUND.
  void SetReport(const v1::Report& report);
  /// What CheckHealth says of a name; `""` is known from the beginning, and serving.
  void SetHealth(const std::string& name, Health health);

  /// By the name of the RPC.
  enum class Method {
    kListExaminations,
    kWatchExaminations,
    kAllocateCandidate,  ///< Also ValidateAllocation, and each sending of an item of AllocateMany.
    kCancelAllocation,
    kGetReport,
    kWatchReport,
    kGetAllocation,
    kListAllocations,
    kResolveAllocation,
    kEraseCandidate,
    kUpdateStudentSession,
    kGetStudentSession,
    kListStudentSessions,
    kCreateStudentSession,
    kDeleteStudentSession,
    kPreflight,
    kCheckHealth,
  };
  /// The next calls fail so, without any effect; see MakeFailure. But an allocation that is not
  /// recorded yet, or may be sent again, is recorded: IN_DOUBT (and was sent) for
  /// ALLOCATION_IN_DOUBT, FAILED for good for UPSTREAM_ALLOCATION_FAILED, FAILED and sent again by
  /// the next call for any other UPSTREAM_….
  void FailNext(Method method, const absl::Status& failure, int calls = 1);

  // What it has seen.

  /// How many invitations have left for Concero: those that were made, and those in doubt.
  int sent() const;

  // What its caller calls; see Client.

  absl::StatusOr<Examinations> ListExaminations(
      std::optional<absl::Duration> max_staleness = std::nullopt,
      const CallOptions& options = {}) override;
  absl::Status WatchExaminations(
      const std::string& known_version,
      const std::function<bool(const v1::WatchExaminationsResponse&)>& on_update,
      const CallOptions& options = {}) override;
  absl::StatusOr<v1::AllocateCandidateResponse> Allocate(const Intent& intent,
                                                         const CallOptions& options = {}) override;
  absl::Status ValidateAllocation(const Intent& intent, const CallOptions& options = {}) override;
  absl::Status AllocateMany(const NextIntent& next, const OnResult& on_result,
                            const AllocateManyOptions& many = {},
                            const CallOptions& options = {}) override;
  absl::StatusOr<v1::CancelAllocationResponse> CancelAllocation(
      int64_t invite_id, const CallOptions& options = {}) override;
  absl::StatusOr<v1::Report> GetReport(int64_t invite_id, const CallOptions& options = {}) override;
  absl::Status WatchReport(int64_t invite_id, std::optional<absl::Duration> poll_interval,
                           const std::function<bool(const v1::Report&)>& on_report,
                           const CallOptions& options = {}) override;
  absl::StatusOr<v1::Allocation> GetAllocation(const AllocationKey& key,
                                               const CallOptions& options = {}) override;
  absl::StatusOr<v1::Allocation> GetAllocationOfInvite(int64_t invite_id,
                                                       const std::string& caller = "",
                                                       const CallOptions& options = {}) override;
  absl::StatusOr<std::vector<v1::Allocation>> ListAllocations(
      const AllocationFilter& filter, std::optional<size_t> limit = std::nullopt,
      const CallOptions& options = {}) override;
  absl::Status VisitAllocations(const AllocationFilter& filter,
                                const std::function<bool(const v1::Allocation&)>& visit,
                                const CallOptions& options = {}) override;
  absl::StatusOr<v1::Allocation> ConfirmAllocation(const AllocationKey& key, int64_t invite_id,
                                                   const std::string& invite_link,
                                                   const std::string& note = "",
                                                   const CallOptions& options = {}) override;
  absl::StatusOr<v1::Allocation> AbandonAllocation(const AllocationKey& key,
                                                   const std::string& note = "",
                                                   const CallOptions& options = {}) override;
  absl::StatusOr<v1::Allocation> ResendAllocation(const AllocationKey& key,
                                                  const std::string& note = "",
                                                  const CallOptions& options = {}) override;
  absl::StatusOr<int32_t> EraseCandidate(const std::string& candidate_email,
                                         const CallOptions& options = {}) override;
  absl::StatusOr<proctorexam::v1::StudentSession> UpdateStudentSession(
      const proctorexam::v1::UpdateStudentSessionRequest& request,
      const CallOptions& options = {}) override;
  absl::StatusOr<proctorexam::v1::StudentSession> GetStudentSession(
      int64_t id, const CallOptions& options = {}) override;
  absl::StatusOr<std::vector<proctorexam::v1::StudentSession>> ListStudentSessions(
      int64_t exam_id = 0, std::optional<size_t> limit = std::nullopt,
      const CallOptions& options = {}) override;
  absl::StatusOr<proctorexam::v1::StudentSession> CreateStudentSession(
      const proctorexam::v1::CreateStudentSessionRequest& request,
      const CallOptions& options = {}) override;
  absl::Status DeleteStudentSession(int64_t id, const CallOptions& options = {}) override;
  absl::StatusOr<gateway::v1::PreflightResponse> Preflight(
      const std::vector<std::string>& upstreams = {}, const CallOptions& options = {}) override;
  absl::StatusOr<Health> CheckHealth(const std::string& name = "",
                                     const CallOptions& options = {}) override;

 private:
  // The failure that a call begins with. These are called with the lock held.
  absl::Status Begin(Method method, const CallOptions& options);
  bool IsOffered(int64_t examination_id) const;
  absl::StatusOr<v1::Report> ReportOf(int64_t invite_id) const;
  v1::WatchExaminationsResponse UpdateSince(const std::string& known_version) const;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Method, std::deque<absl::Status>> failures_;
  std::vector<Examinations> lists_;  // every version, the last one counts
  bool has_examinations_ = false;
  std::map<int64_t, v1::Report> reports_;
  std::map<std::string, Health> health_;
  const std::unique_ptr<FakeLedger> ledger_;
  const std::unique_ptr<FakeSessions> sessions_;
};

}  // namespace concero
