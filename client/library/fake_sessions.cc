#include "client/library/fake_sessions.h"

#include "concero_gateway/fake_failure.h"

namespace concero {
namespace {

namespace px = proctorexam::v1;

absl::Status NoSession() { return MakeFailure(gateway::v1::REASON_UPSTREAM_NOT_FOUND); }

absl::Status Taken() {
  return MakeFailure(gateway::v1::REASON_UPSTREAM_REJECTED_FIELD,
                     {.code = absl::StatusCode::kAlreadyExists,
                      .violations = {{"email", "has already been taken"}}});
}

absl::Status Invalid(const std::string& field, const std::string& why) {
  return MakeFailure(gateway::v1::REASON_INVALID_FIELD,
                     {.metadata = {{"field", field}}, .violations = {{field, why}}});
}

// What the two requests have in common.
template <class Request>
void Apply(const Request& request, px::StudentSession& session) {
  if (request.has_name()) session.set_name(request.name());
  if (request.has_email()) session.set_email(request.email());
  if (request.has_external_id()) session.set_external_id(request.external_id());
  if (request.has_individual_info()) session.set_individual_info(request.individual_info());
  if (request.has_is_individual_info_html()) {
    session.set_is_individual_info_html(request.is_individual_info_html());
  }
  if (request.has_skip_requirements()) session.set_skip_requirements(request.skip_requirements());
  if (request.has_open_time()) *session.mutable_open_time() = request.open_time();
}

}  // namespace

absl::StatusOr<px::StudentSession> FakeSessions::Create(
    const px::CreateStudentSessionRequest& request) {
  if (request.exam_id() < 1) return Invalid("exam_id", "must be above 0");
  if (request.name().empty()) return Invalid("name", "is required");
  if (request.email().empty()) return Invalid("email", "is required");
  if (IsTaken(request.email(), request.exam_id(), 0)) return Taken();
  px::StudentSession& session = sessions_[++last_id_];
  session.set_id(last_id_);
  session.set_exam_id(request.exam_id());
  Apply(request, session);
  return session;
}

absl::StatusOr<px::StudentSession> FakeSessions::Update(
    const px::UpdateStudentSessionRequest& request) {
  const auto found = sessions_.find(request.id());
  if (found == sessions_.end()) return NoSession();
  px::StudentSession& session = found->second;
  if (request.has_email() && IsTaken(request.email(), session.exam_id(), session.id())) {
    return Taken();
  }
  Apply(request, session);
  return session;
}

absl::StatusOr<px::StudentSession> FakeSessions::Get(int64_t id) const {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return NoSession();
  return found->second;
}

std::vector<px::StudentSession> FakeSessions::List(int64_t exam_id) const {
  std::vector<px::StudentSession> found;
  for (const auto& [id, session] : sessions_) {
    if (exam_id == 0 || session.exam_id() == exam_id) found.push_back(session);
  }
  return found;
}

absl::Status FakeSessions::Delete(int64_t id) {
  return sessions_.erase(id) == 0 ? NoSession() : absl::OkStatus();
}

bool FakeSessions::IsTaken(const std::string& email, int64_t exam_id, int64_t but) const {
  if (email.empty()) return false;
  for (const auto& [id, session] : sessions_) {
    if (id != but && session.exam_id() == exam_id && session.email() == email) return true;
  }
  return false;
}

}  // namespace concero
