// One student session of ProctorExam.
#include "service/proctorexam/student_session_codec.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(student_session) {
  const auto session = proctorexam::DecodeStudentSession(input);
  if (!session.ok()) return ExpectQuotesNothing(session.status());
  ExpectTimestamp(session->open_time());
  ExpectTimestamp(session->created_at());
  Expect(session->extra().fields().count("id") == 0 || session->id() == 0,
         "an attribute is in its field or in extra, not in both");
  proctorexam::pb::StudentSession again;
  Expect(again.ParseFromString(session->SerializeAsString()), "a caller can read it");
}

}  // namespace gw::fuzz
