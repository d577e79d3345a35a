#include "service/proctorexam/validation.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/base/field_rules.h"

namespace gw::proctorexam {
namespace {

namespace pb = ::proctorexam::v1;

constexpr int64_t kLatest = 253402300799;  // 9999-12-31T23:59:59Z, the last of a Timestamp

void CheckLine(absl::string_view field, const std::string& text, Violations& violations) {
  if (HasControls(text)) violations.Add(field, "must have no control characters");
}

// What an update and a creation have in common.
template <class Request>
void CheckAttributes(const Request& request, Violations& violations) {
  CheckLine("name", request.name(), violations);
  if (!request.email().empty() && !IsEmail(request.email())) {
    violations.Add("email", absl::StrCat("must be an e-mail address of at most ", kMaxEmail,
                                         " octets, without control characters"));
  }
  CheckLine("external_id", request.external_id(), violations);
  if (absl::StrContains(request.individual_info(), '\0')) {
    violations.Add("individual_info", "must have no NUL character");
  }
  const auto& time = request.open_time();
  if (time.seconds() < 0 || time.seconds() > kLatest || time.nanos() < 0 ||
      time.nanos() >= 1'000'000'000) {
    violations.Add("open_time", "must be a time from 1970 to 9999");
  }
}

}  // namespace

absl::Status Validate(const pb::UpdateStudentSessionRequest& request) {
  Violations violations;
  violations.ExpectId("id", request.id());
  CheckAttributes(request, violations);
  const bool sets_something = request.has_name() || request.has_email() ||
                              request.has_external_id() || request.has_individual_info() ||
                              request.has_is_individual_info_html() ||
                              request.has_skip_requirements() || request.has_open_time();
  if (!sets_something) {
    violations.Add("name",
                   "set at least one of name, email, external_id, individual_info, "
                   "is_individual_info_html, skip_requirements, open_time");
  }
  return violations.Result();
}

absl::Status Validate(const pb::GetStudentSessionRequest& request) {
  Violations violations;
  violations.ExpectId("id", request.id());
  return violations.Result();
}

absl::Status Validate(const pb::ListStudentSessionsRequest& request) {
  Violations violations;
  if (request.exam_id() < 0) violations.Add("exam_id", "must not be negative");
  if (request.page_size() < 0) violations.Add("page_size", "must not be negative");
  return violations.Result();
}

absl::Status Validate(const pb::CreateStudentSessionRequest& request) {
  Violations violations;
  violations.ExpectId("exam_id", request.exam_id());
  if (request.name().empty()) violations.Add("name", "is required");
  if (request.email().empty()) violations.Add("email", "is required");
  CheckAttributes(request, violations);
  return violations.Result();
}

absl::Status Validate(const pb::DeleteStudentSessionRequest& request) {
  Violations violations;
  violations.ExpectId("id", request.id());
  return violations.Result();
}

}  // namespace gw::proctorexam
