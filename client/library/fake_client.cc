#include "concero_gateway/fake_client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/library/fake_ledger.h"
#include "client/library/fake_sessions.h"
#include "client/library/outcome_mark.h"

namespace concero {
namespace {

absl::Status CheckIntent(const Intent& intent) {
  std::vector<FieldViolation> violations;
  if (intent.examination_id() < 1) violations.push_back({"examination_id", "must be above 0"});
  const size_t at = intent.candidate_email().rfind('@');
  if (at == std::string::npos || at == 0 || at + 1 == intent.candidate_email().size()) {
    violations.push_back({"candidate_email", "must be an e-mail address"});
  }
  if (violations.empty()) return absl::OkStatus();
  const std::map<std::string, std::string> metadata = {{"field", violations[0].field},
                                                       {"request_id", intent.request_id()}};
  return MakeFailure(gateway::v1::REASON_INVALID_FIELD,
                     {.metadata = metadata, .violations = violations});
}

template <class T>
std::vector<T> FirstOf(std::vector<T> all, std::optional<size_t> limit) {
  if (limit && all.size() > *limit) all.resize(*limit);
  return all;
}

}  // namespace

FakeClient::FakeClient()
    : health_({{"", Health::kServing}}),
      ledger_(std::make_unique<FakeLedger>()),
      sessions_(std::make_unique<FakeSessions>()) {
  lists_.push_back({{}, absl::Now(), false, "version-1"});
}

FakeClient::~FakeClient() = default;

void FakeClient::SetHealth(const std::string& name, Health health) {
  std::lock_guard lock(mutex_);
  health_[name] = health;
}

void FakeClient::FailNext(Method method, const absl::Status& failure, int calls) {
  std::lock_guard lock(mutex_);
  for (; calls > 0; --calls) failures_[method].push_back(failure);
}

int FakeClient::sent() const {
  std::lock_guard lock(mutex_);
  return ledger_->sent();
}

absl::Status FakeClient::Begin(Method method, const CallOptions& options) {
  if (options.cancel.stop_requested()) return absl::CancelledError("cancelled by the caller");
  std::deque<absl::Status>& failures = failures_[method];
  if (failures.empty()) return absl::OkStatus();
  absl::Status failure = std::move(failures.front());
  failures.pop_front();
  return failure;
}

bool FakeClient::IsOffered(int64_t examination_id) const {
  const auto& offered = lists_.back().examinations;
  return !has_examinations_ ||
         std::any_of(offered.begin(), offered.end(),
                     [&](const v1::Examination& e) { return e.id() == examination_id; });
}

absl::StatusOr<v1::AllocateCandidateResponse> FakeClient::Allocate(const Intent& intent,
                                                                   const CallOptions& options) {
  if (auto status = CheckIntent(intent); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  if (options.cancel.stop_requested()) return Begin(Method::kAllocateCandidate, options);
  absl::Status failure = Begin(Method::kAllocateCandidate, options);
  const bool is_known = ledger_->Get({intent.request_id()}).ok();
  if (failure.ok() && !is_known && !IsOffered(intent.examination_id())) {
    failure = MakeFailure(gateway::v1::REASON_UPSTREAM_NOT_FOUND);
  }
  return ledger_->Allocate(intent, failure);
}

absl::Status FakeClient::ValidateAllocation(const Intent& intent, const CallOptions& options) {
  if (auto status = CheckIntent(intent); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kAllocateCandidate, options); !status.ok()) return status;
  if (IsOffered(intent.examination_id())) return absl::OkStatus();
  return MakeFailure(
      gateway::v1::REASON_INVALID_FIELD,
      {.metadata = {{"field", "examination_id"}, {"request_id", intent.request_id()}},
       .violations = {{"examination_id", "is not in the list of examinations"}}});
}

absl::StatusOr<v1::CancelAllocationResponse> FakeClient::CancelAllocation(
    int64_t invite_id, const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kCancelAllocation, options); !status.ok()) return status;
  if (!ledger_->Cancel(invite_id)) return MakeFailure(gateway::v1::REASON_UPSTREAM_NOT_FOUND);
  v1::CancelAllocationResponse response;
  response.set_invite_id(invite_id);
  response.set_state(v1::ALLOCATION_STATE_CANCELLED);
  response.set_upstream_status("inValid");
  return response;
}

absl::StatusOr<v1::Allocation> FakeClient::GetAllocation(const AllocationKey& key,
                                                         const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kGetAllocation, options); !status.ok()) return status;
  return ledger_->Get(key);
}

absl::StatusOr<v1::Allocation> FakeClient::GetAllocationOfInvite(int64_t invite_id,
                                                                 const std::string& caller,
                                                                 const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kGetAllocation, options); !status.ok()) return status;
  return ledger_->GetByInvite(invite_id, caller);
}

absl::StatusOr<std::vector<v1::Allocation>> FakeClient::ListAllocations(
    const AllocationFilter& filter, std::optional<size_t> limit, const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kListAllocations, options); !status.ok()) return status;
  auto found = ledger_->List(filter);
  if (!found.ok()) return found.status();
  return FirstOf(*std::move(found), limit);
}

absl::Status FakeClient::VisitAllocations(const AllocationFilter& filter,
                                          const std::function<bool(const v1::Allocation&)>& visit,
                                          const CallOptions& options) {
  const auto found = ListAllocations(filter, std::nullopt, options);
  if (!found.ok()) return found.status();
  for (const v1::Allocation& allocation : *found) {
    if (!visit(allocation)) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Allocation> FakeClient::ConfirmAllocation(const AllocationKey& key,
                                                             int64_t invite_id,
                                                             const std::string& invite_link,
                                                             const std::string& note,
                                                             const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kResolveAllocation, options); !status.ok()) return status;
  return ledger_->Confirm(key, invite_id, invite_link, note);
}

absl::StatusOr<v1::Allocation> FakeClient::AbandonAllocation(const AllocationKey& key,
                                                             const std::string& note,
                                                             const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kResolveAllocation, options); !status.ok()) return status;
  return ledger_->Abandon(key, note);
}

absl::StatusOr<v1::Allocation> FakeClient::ResendAllocation(const AllocationKey& key,
                                                            const std::string& note,
                                                            const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (options.cancel.stop_requested()) return Begin(Method::kResolveAllocation, options);
  if (auto status = Begin(Method::kResolveAllocation, options); !status.ok()) {
    return MarkedIfOutcomeUnknown(std::move(status));
  }
  return ledger_->Resend(key, note);
}

absl::StatusOr<int32_t> FakeClient::EraseCandidate(const std::string& candidate_email,
                                                   const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kEraseCandidate, options); !status.ok()) return status;
  return ledger_->Erase(candidate_email);
}

absl::StatusOr<proctorexam::v1::StudentSession> FakeClient::UpdateStudentSession(
    const proctorexam::v1::UpdateStudentSessionRequest& request, const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kUpdateStudentSession, options); !status.ok()) return status;
  return sessions_->Update(request);
}

absl::StatusOr<proctorexam::v1::StudentSession> FakeClient::GetStudentSession(
    int64_t id, const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kGetStudentSession, options); !status.ok()) return status;
  return sessions_->Get(id);
}

absl::StatusOr<std::vector<proctorexam::v1::StudentSession>> FakeClient::ListStudentSessions(
    int64_t exam_id, std::optional<size_t> limit, const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kListStudentSessions, options); !status.ok()) return status;
  return FirstOf(sessions_->List(exam_id), limit);
}

absl::StatusOr<proctorexam::v1::StudentSession> FakeClient::CreateStudentSession(
    const proctorexam::v1::CreateStudentSessionRequest& request, const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (options.cancel.stop_requested()) return Begin(Method::kCreateStudentSession, options);
  if (auto status = Begin(Method::kCreateStudentSession, options); !status.ok()) {
    return MarkedIfOutcomeUnknown(std::move(status));
  }
  return sessions_->Create(request);
}

absl::Status FakeClient::DeleteStudentSession(int64_t id, const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kDeleteStudentSession, options); !status.ok()) return status;
  return sessions_->Delete(id);
}

absl::StatusOr<gateway::v1::PreflightResponse> FakeClient::Preflight(
    const std::vector<std::string>& upstreams, const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kPreflight, options); !status.ok()) return status;
  gateway::v1::PreflightResponse response;
  for (const std::string name : {"concero", "proctorexam"}) {
    if (!upstreams.empty() && std::count(upstreams.begin(), upstreams.end(), name) == 0) continue;
    auto* upstream = response.add_upstreams();
    upstream->set_upstream(name);
    for (const char* check : {"dns", "connect", "tls", "clock", "credential", "egress_ip"}) {
      upstream->add_checks()->set_name(check);
      upstream->mutable_checks()->rbegin()->set_result(gateway::v1::PREFLIGHT_RESULT_OK);
    }
  }
  return response;
}

absl::StatusOr<Health> FakeClient::CheckHealth(const std::string& name,
                                               const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kCheckHealth, options); !status.ok()) return status;
  const auto found = health_.find(name);
  if (found == health_.end()) return absl::NotFoundError("unknown service");
  return found->second;
}

}  // namespace concero
