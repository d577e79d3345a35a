// The FakeClient's student sessions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proctorexam/v1/student_session.pb.h"

namespace concero {

/// In memory; an address is unique within its exam. Fails as ProctorExam through the gateway:
/// UPSTREAM_NOT_FOUND, UPSTREAM_REJECTED_FIELD, INVALID_FIELD. Thread safety: none.
class FakeSessions {
 public:
  absl::StatusOr<proctorexam::v1::StudentSession> Create(
      const proctorexam::v1::CreateStudentSessionRequest& request);
  absl::StatusOr<proctorexam::v1::StudentSession> Update(
      const proctorexam::v1::UpdateStudentSessionRequest& request);
  absl::StatusOr<proctorexam::v1::StudentSession> Get(int64_t id) const;
  /// By id; of all exams for 0.
  std::vector<proctorexam::v1::StudentSession> List(int64_t exam_id) const;
  absl::Status Delete(int64_t id);

 private:
  bool IsTaken(const std::string& email, int64_t exam_id, int64_t but) const;

  std::map<int64_t, proctorexam::v1::StudentSession> sessions_;
  int64_t last_id_ = 0;
};

}  // namespace concero
