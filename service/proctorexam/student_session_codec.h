// Reads student sessions: `{"student": {…}}` [doc] and `{"students": [{…}, …]}` [vendor].
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proctorexam/v1/student_session.pb.h"

namespace gw::proctorexam {

namespace pb = ::proctorexam::v1;

// Nothing within a session makes it unreadable: what is null is not set; what is new, or of another
// kind than the attribute of that name (a text for a number, a time that cannot be read, 1.0 for an
// integer), is in `extra` under its name, or left out when it is nested deeper than
// rest::kMaxStructDepth. The names are those of the message's fields.
//
// Errors: INVALID_ARGUMENT for what is not JSON within the limits of rest::ReadJson, and for
// another shape around the sessions. Messages never quote the body. Thread safety: pure functions.

absl::StatusOr<pb::StudentSession> DecodeStudentSession(absl::string_view body);
absl::StatusOr<std::vector<pb::StudentSession>> DecodeStudentSessions(absl::string_view body);

}  // namespace gw::proctorexam
