#include "service/rpc/validation.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/base/field_rules.h"
#include "service/rpc/caller.h"

namespace gw::rpc {
namespace {

constexpr size_t kMaxRequestId = 128;
constexpr size_t kMaxNote = 500;
constexpr size_t kMaxLink = 2048;

// Blanks around an address do not count, but it is one line.
void ExpectEmail(absl::string_view email, Violations& violations) {
  if (IsEmail(absl::StripAsciiWhitespace(email)) && !HasControls(email)) return;
  violations.Add("candidate_email", absl::StrCat("must be an e-mail address of at most ", kMaxEmail,
                                                 " octets, without control characters"));
}

void ExpectRequestId(absl::string_view id, Violations& violations) {
  if (IsRequestId(id)) return;
  violations.Add("request_id", absl::StrCat("must be at most ", kMaxRequestId,
                                            " characters, without control characters"));
}

// A name of caller.h's, or none.
void ExpectCaller(absl::string_view caller, Violations& violations) {
  if (caller.size() <= kMaxPrincipalBytes && !HasControls(caller)) return;
  violations.Add("caller", absl::StrCat("must be at most ", kMaxPrincipalBytes,
                                        " bytes, without control characters"));
}

void ExpectShort(absl::string_view field, absl::string_view text, size_t most,
                 Violations& violations) {
  if (Characters(text) <= most && !HasControls(text)) return;
  violations.Add(field,
                 absl::StrCat("must be at most ", most, " characters, without control characters"));
}

void ExpectNotNegative(absl::string_view field, const google::protobuf::Duration& duration,
                       Violations& violations) {
  if (duration.seconds() >= 0 && duration.nanos() >= 0 && duration.nanos() < 1'000'000'000) return;
  violations.Add(field, "must be a duration that is not negative");
}

}  // namespace

bool IsRequestId(absl::string_view text) {
  return Characters(text) <= kMaxRequestId && !HasControls(text);
}

absl::Status Validate(const ::concero::v1::ListExaminationsRequest& request) {
  Violations violations;
  if (request.has_max_staleness()) {
    ExpectNotNegative("max_staleness", request.max_staleness(), violations);
  }
  if (request.page_size() < 0) violations.Add("page_size", "must not be negative");
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::AllocateCandidateRequest& request) {
  Violations violations;
  violations.ExpectId("examination_id", request.examination_id());
  if (request.candidate_email().empty()) {
    violations.Add("candidate_email", "is required");
  } else {
    ExpectEmail(request.candidate_email(), violations);
  }
  ExpectRequestId(request.request_id(), violations);
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

absl::Status Validate(const ::concero::v1::WatchReportRequest& request) {
  Violations violations;
  violations.ExpectId("invite_id", request.invite_id());
  if (request.has_poll_interval()) {
    ExpectNotNegative("poll_interval", request.poll_interval(), violations);
  }
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::GetAllocationRequest& request) {
  Violations violations;
  ExpectRequestId(request.request_id(), violations);
  if (request.request_id().empty() == (request.invite_id() == 0)) {
    violations.Add("request_id", "is required, or else invite_id; exactly one of them");
  }
  if (request.invite_id() < 0) violations.Add("invite_id", "must be above 0");
  ExpectCaller(request.caller(), violations);
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::ListAllocationsRequest& request) {
  Violations violations;
  if (!::concero::v1::AllocationState_IsValid(request.state())) {
    violations.Add("state", "must be one of AllocationState");
  }
  if (request.examination_id() < 0) violations.Add("examination_id", "must not be negative");
  if (!request.candidate_email().empty()) ExpectEmail(request.candidate_email(), violations);
  if (request.page_size() < 0) violations.Add("page_size", "must not be negative");
  ExpectCaller(request.caller(), violations);
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::ResolveAllocationRequest& request) {
  using Request = ::concero::v1::ResolveAllocationRequest;
  Violations violations;
  if (request.request_id().empty()) violations.Add("request_id", "is required");
  ExpectRequestId(request.request_id(), violations);
  ExpectCaller(request.caller(), violations);
  ExpectShort("note", request.note(), kMaxNote, violations);
  if (request.resolution_case() == Request::RESOLUTION_NOT_SET) {
    violations.Add("resolution", "is required: one of confirm, abandon, resend");
  }
  if (request.has_confirm()) {
    violations.ExpectId("confirm.invite_id", request.confirm().invite_id());
    ExpectShort("confirm.invite_link", request.confirm().invite_link(), kMaxLink, violations);
  }
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::EraseCandidateRequest& request) {
  Violations violations;
  if (request.candidate_email().empty()) {
    violations.Add("candidate_email", "is required");
  } else {
    ExpectEmail(request.candidate_email(), violations);
  }
  return violations.Result();
}

}  // namespace gw::rpc
