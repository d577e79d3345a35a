// A client of concero-gateway: its calls as functions that block.
//
//   auto client = concero::Client::Connect({.target = "dns:///concero-gateway:50051"});
//   if (!client.ok()) …
//   const concero::Intent intent(119, "arjun.mehta@company.io");
//   const auto allocated = (*client)->Allocate(intent);
//
// A failed call returns the gateway's status; failure.h reads it. Each RPC's reasons are documented
// in proto/, with the messages. Tests of your code use the FakeClient of fake_client.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "concero/v1/allocation.pb.h"
#include "concero/v1/assessment.pb.h"
#include "concero_gateway/failure.h"
#include "concero_gateway/intent.h"
#include "concero_gateway/options.h"
#include "gateway/v1/diagnostics.pb.h"
#include "proctorexam/v1/student_session.pb.h"

namespace concero {

/// All examinations, of one version of the list.
struct Examinations {
  std::vector<v1::Examination> examinations;
  /// When Concero gave the list.
  absl::Time fetch_time;
  /// Older than it should be: Concero could not be asked.
  bool stale = false;
  /// For WatchExaminations.
  std::string version;
};

/// Which allocation. `caller` is the service that asked for it; empty: this one. To see or settle
/// another's, the gateway's policy must have a rule (else PERMISSION_DENIED, CALLER_NOT_ALLOWED).
struct AllocationKey {
  std::string request_id;
  std::string caller = "";
};

/// What is not set is not asked for.
struct AllocationFilter {
  v1::AllocationState state = v1::ALLOCATION_STATE_UNSPECIFIED;
  int64_t examination_id = 0;
  std::string candidate_email = "";
  std::string caller = "";  ///< As in AllocationKey.
};

/// Of the gateway, or of a part of it.
enum class Health {
  kUnknown,
  kServing,
  kNotServing,
};

/// Thread safety: all functions may be called from any thread, at the same time. What is handed in
/// (functions too) is used until the call returns, and not afterwards. Functions that are handed in
/// must not throw.
class Client {
 public:
  /// Does not wait for a connection: a gateway that cannot be reached is UNAVAILABLE in calls.
  /// Fails with INVALID_ARGUMENT that names the option or the file: a target that is none, a file
  /// that cannot be read or is no PEM, a key that does not belong to its certificate, a service
  /// config that gRPC refuses.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(ClientOptions options);

  Client() = default;
  /// No call may be under way.
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Examinations.

  /// All of them, page by page; when the list changes meanwhile, from the beginning, three times at
  /// most (then ABORTED, PAGE_TOKEN_EXPIRED). `max_staleness`: how old the list may be at most,
  /// zero for "ask Concero now"; not set: as the gateway is configured.
  virtual absl::StatusOr<Examinations> ListExaminations(
      std::optional<absl::Duration> max_staleness = std::nullopt,
      const CallOptions& options = {}) = 0;

  /// Tells `on_update` of the list and then of each change, until it returns false (OK is
  /// returned). `known_version` is that of a list that you have, empty without one. An update is
  /// always whole and has a version: one that the gateway sent in pieces has been put together.
  /// After UNAVAILABLE it goes on by itself from the last version, after 0.2 s at first and 5 s at
  /// last, for as long as it takes; what comes then may be a snapshot again. Other failures are
  /// returned.
  virtual absl::Status WatchExaminations(
      const std::string& known_version,
      const std::function<bool(const v1::WatchExaminationsResponse&)>& on_update,
      const CallOptions& options = {}) = 0;

  // Invitations.

  /// Invites the candidate. However often it is called with one intent, the candidate is invited
  /// once: by the same caller, as the gateway knows it, through gateways with one ledger, for as
  /// long as that keeps ids (`ledger.retention`, 30 days). So repeat it wherever IsSafeToRetry says
  /// so. UNKNOWN ALLOCATION_IN_DOUBT:
  /// nobody knows whether the candidate was invited; never answer it with a new Intent.
  virtual absl::StatusOr<v1::AllocateCandidateResponse> Allocate(
      const Intent& intent, const CallOptions& options = {}) = 0;

  /// Whether Allocate would be refused for its fields or its examination. Sends nothing.
  virtual absl::Status ValidateAllocation(const Intent& intent,
                                          const CallOptions& options = {}) = 0;

  /// The next intent, or nothing when there are no more.
  using NextIntent = std::function<std::optional<Intent>()>;
  using OnResult =
      std::function<void(const Intent&, const absl::StatusOr<v1::AllocateCandidateResponse>&)>;

  /// Allocate for many. `next` is called on a thread of the library, one call at a time, and waited
  /// for also when the call is to end. `on_result` is called on the calling thread, exactly once
  /// for each intent that came from `next`, in the order in which they end; while it takes its
  /// time, no more is sent than `max_unanswered`.
  ///
  /// Results that say so (UNAVAILABLE, RESOURCE_EXHAUSTED, ALLOCATION_IN_PROGRESS) are not passed
  /// on but the intent is sent again, `attempts` times in all, after the gateway's delay or a
  /// backoff; doubt (UNKNOWN) never is. When the stream breaks it is made anew, and what has no
  /// result is sent again, each with its request_id. OK: every intent has its result, whatever it
  /// is. Else the failure that ended it, which is also the result of each intent that had none:
  /// that of the stream after `give_up_after`, one that no repeat helps against, CANCELLED,
  /// DEADLINE_EXCEEDED, or INVALID_ARGUMENT for the options. These may have been invited all the
  /// same: ask again with the same Intent. An intent whose texts are no UTF-8, or far too long, is
  /// not sent: its result is INVALID_ARGUMENT (INVALID_FIELD), and the others go on.
  virtual absl::Status AllocateMany(const NextIntent& next, const OnResult& on_result,
                                    const AllocateManyOptions& many = {},
                                    const CallOptions& options = {}) = 0;

  /// Makes an invitation invalid. Safe to repeat.
  virtual absl::StatusOr<v1::CancelAllocationResponse> CancelAllocation(
      int64_t invite_id, const CallOptions& options = {}) = 0;

  // Reports.

  /// The report, complete or not.
  virtual absl::StatusOr<v1::Report> GetReport(int64_t invite_id,
                                               const CallOptions& options = {}) = 0;

  /// Tells `on_report` of the report and of each change, until it is final (both `end_time` and
  /// `upstream_status` are set) or the function returns false: then OK. `poll_interval`: how often
  /// the gateway is to ask Concero; not set: as it is configured. Survives UNAVAILABLE as
  /// WatchExaminations does, and then the report may come again unchanged.
  virtual absl::Status WatchReport(int64_t invite_id, std::optional<absl::Duration> poll_interval,
                                   const std::function<bool(const v1::Report&)>& on_report,
                                   const CallOptions& options = {}) = 0;

  // The ledger of allocations.

  /// With its trail. NOT_FOUND ALLOCATION_NOT_FOUND.
  virtual absl::StatusOr<v1::Allocation> GetAllocation(const AllocationKey& key,
                                                       const CallOptions& options = {}) = 0;
  /// The same, by the id of its invitation.
  virtual absl::StatusOr<v1::Allocation> GetAllocationOfInvite(int64_t invite_id,
                                                               const std::string& caller = "",
                                                               const CallOptions& options = {}) = 0;

  /// The newest ones first, with their trails: `limit` at most, not set: all.
  virtual absl::StatusOr<std::vector<v1::Allocation>> ListAllocations(
      const AllocationFilter& filter, std::optional<size_t> limit = std::nullopt,
      const CallOptions& options = {}) = 0;
  /// The same for more than should be in memory: `visit` is told of one after the other, until it
  /// returns false.
  virtual absl::Status VisitAllocations(const AllocationFilter& filter,
                                        const std::function<bool(const v1::Allocation&)>& visit,
                                        const CallOptions& options = {}) = 0;

  /// Settles an allocation that is in doubt: it was found in the portal, with this invitation (the
  /// link may be empty). `note` is for the trail. FAILED_PRECONDITION ALLOCATION_NOT_IN_DOUBT.
  virtual absl::StatusOr<v1::Allocation> ConfirmAllocation(const AllocationKey& key,
                                                           int64_t invite_id,
                                                           const std::string& invite_link,
                                                           const std::string& note = "",
                                                           const CallOptions& options = {}) = 0;
  /// The same: nobody will pursue it.
  virtual absl::StatusOr<v1::Allocation> AbandonAllocation(const AllocationKey& key,
                                                           const std::string& note = "",
                                                           const CallOptions& options = {}) = 0;
  /// The same: it is not in the portal, so it is sent once more. Every call is a new decision to
  /// send: after a failure with IsInDoubt, look in the portal again.
  virtual absl::StatusOr<v1::Allocation> ResendAllocation(const AllocationKey& key,
                                                          const std::string& note = "",
                                                          const CallOptions& options = {}) = 0;

  /// Blanks a person's address and links in every allocation. Cannot be undone. How many there
  /// were.
  virtual absl::StatusOr<int32_t> EraseCandidate(const std::string& candidate_email,
                                                 const CallOptions& options = {}) = 0;

  // ProctorExam's student sessions.

  /// Changes the fields that are set. Safe to repeat.
  virtual absl::StatusOr<proctorexam::v1::StudentSession> UpdateStudentSession(
      const proctorexam::v1::UpdateStudentSessionRequest& request,
      const CallOptions& options = {}) = 0;
  virtual absl::StatusOr<proctorexam::v1::StudentSession> GetStudentSession(
      int64_t id, const CallOptions& options = {}) = 0;
  /// Those of one exam, of all for 0: `limit` at most, not set: all.
  virtual absl::StatusOr<std::vector<proctorexam::v1::StudentSession>> ListStudentSessions(
      int64_t exam_id = 0, std::optional<size_t> limit = std::nullopt,
      const CallOptions& options = {}) = 0;
  /// NOT safe to repeat: after a failure with IsInDoubt, look whether the session is there.
  virtual absl::StatusOr<proctorexam::v1::StudentSession> CreateStudentSession(
      const proctorexam::v1::CreateStudentSessionRequest& request,
      const CallOptions& options = {}) = 0;
  /// A repeat of one that was carried out is NOT_FOUND UPSTREAM_NOT_FOUND.
  virtual absl::Status DeleteStudentSession(int64_t id, const CallOptions& options = {}) = 0;

  // Operation.

  /// Looks at the gateway's way to its upstreams (`concero`, `proctorexam`; none: all that it has).
  /// A check that failed is no failure of the call. Takes up to 30 s.
  virtual absl::StatusOr<gateway::v1::PreflightResponse> Preflight(
      const std::vector<std::string>& upstreams = {}, const CallOptions& options = {}) = 0;

  /// Health of the gateway as a whole (empty name), of a service by its full name, or of `concero`,
  /// `proctorexam`, `ledger`. NOT_FOUND for another name. Asks one of the gateway's replicas.
  virtual absl::StatusOr<Health> CheckHealth(const std::string& name = "",
                                             const CallOptions& options = {}) = 0;
};

}  // namespace concero
