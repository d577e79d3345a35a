#include "service/rpc/validation.h"

#include "absl/strings/str_cat.h"
#include "service/base/field_rules.h"

namespace gw::rpc {
namespace {

constexpr size_t kMaxRequestId = 128;

}  // namespace

bool IsRequestId(absl::string_view text) {
  return Characters(text) <= kMaxRequestId && !HasControls(text);
}

absl::Status Validate(const ::concero::v1::ListExaminationsRequest& request) {
  Violations violations;
  if (request.has_max_staleness()) {
    const auto& staleness = request.max_staleness();
    const bool mixed =
        (staleness.seconds() > 0 && staleness.nanos() < 0) || staleness.nanos() >= 1'000'000'000;
    if (staleness.seconds() < 0 || staleness.nanos() < 0 || mixed) {
      violations.Add("max_staleness", "must be a duration that is not negative");
    }
  }
  if (request.page_size() < 0) violations.Add("page_size", "must not be negative");
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::AllocateCandidateRequest& request) {
  Violations violations;
  violations.ExpectId("examination_id", request.examination_id());
  if (request.candidate_email().empty()) {
    violations.Add("candidate_email", "is required");
  } else if (!IsEmail(request.candidate_email())) {
    violations.Add("candidate_email",
                   absl::StrCat("must be an e-mail address of at most ", kMaxEmail,
                                " octets, without control characters"));
  }
  if (!IsRequestId(request.request_id())) {
    violations.Add("request_id", absl::StrCat("must be at most ", kMaxRequestId,
                                              " characters, without control characters"));
  }
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::CancelAllocationRequest& request) {
  Violations violations;
  violations.ExpectId("invite_id", request.invite_id());
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::GetReportRequest& request) {
  Violations violations;
  violations.ExpectId("invite_id", request.invite_id());
  return violations.Result();
}

}  // namespace gw::rpc
