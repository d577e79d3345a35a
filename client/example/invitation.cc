#include "invitation.h"

namespace example {
namespace {

using Outcome = Invitation::Outcome;

std::string FieldsOf(const absl::Status& status) {
  std::string text;
  for (const auto& [field, description] : concero::FieldViolationsOf(status)) {
    text += "; " + field + " " + description;
  }
  return text;
}

Invitation Judge(const concero::Intent& intent, const absl::Status& status) {
  const std::string& id = intent.request_id();
  if (concero::IsInDoubt(status)) {
    return {Outcome::kDoubtful, "it may have been sent: look in the portal, then settle " + id};
  }
  switch (concero::ReasonOf(status)) {
    case gateway::v1::REASON_INVALID_FIELD:
    case gateway::v1::REASON_UPSTREAM_REJECTED_FIELD:
      return {Outcome::kRefused, "the request is wrong" + FieldsOf(status)};
    case gateway::v1::REASON_UPSTREAM_NOT_FOUND:
      return {Outcome::kRefused, "there is no such examination"};
    case gateway::v1::REASON_REQUEST_ID_REUSED:
      return {Outcome::kRefused, id + " is the id of another invitation"};
    case gateway::v1::REASON_ALLOCATION_ABANDONED:
      return {Outcome::kRefused, id + " was given up; a new invitation needs a new id"};
    case gateway::v1::REASON_UPSTREAM_ALLOCATION_FAILED:
      return {Outcome::kFinal, "Concero could not, and " + id + " is not sent again"};
    default:
      return {Outcome::kFailed, std::string(status.message()) + "; try again with " + id};
  }
}

}  // namespace

Invitation Invite(concero::Client& client, const concero::Intent& intent, int attempts,
                  const std::function<void(absl::Duration)>& wait) {
  for (int attempt = 1;; ++attempt) {
    const auto allocated = client.Allocate(intent);
    if (allocated.ok()) {
      const auto& allocation = allocated->allocation();
      if (allocation.state() == concero::v1::ALLOCATION_STATE_CANCELLED) {
        return {Outcome::kRefused, "this invitation was cancelled since"};
      }
      return {Outcome::kInvited, "invitation " + std::to_string(allocation.invite_id())};
    }
    const absl::Status& status = allocated.status();
    if (!concero::IsSafeToRetry(status) || attempt == attempts) return Judge(intent, status);
    wait(concero::RetryDelayOf(status).value_or(absl::Seconds(attempt)));
  }
}

}  // namespace example
