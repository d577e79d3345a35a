// What a request about student sessions must be like before anything is sent.
#pragma once

#include "absl/status/status.h"
#include "proctorexam/v1/student_session.pb.h"

namespace gw::proctorexam {

// OK, or INVALID_ARGUMENT, INVALID_FIELD with one violation per bad field, named as in the proto.
// Messages say what is expected and never repeat a value. Thread safety: pure functions.

absl::Status Validate(const ::proctorexam::v1::UpdateStudentSessionRequest& request);
absl::Status Validate(const ::proctorexam::v1::GetStudentSessionRequest& request);
absl::Status Validate(const ::proctorexam::v1::ListStudentSessionsRequest& request);
absl::Status Validate(const ::proctorexam::v1::CreateStudentSessionRequest& request);
absl::Status Validate(const ::proctorexam::v1::DeleteStudentSessionRequest& request);

}  // namespace gw::proctorexam
