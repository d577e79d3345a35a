// Bodies for the codec tests: those that Concero documents, literally.
#pragma once

#include "tests/support/malformed_bodies.h"  // IWYU pragma: export

namespace gw::concero {

inline constexpr char kDocumentedExaminations[] = R"([
  {
    "testId": 119,
    "testName": "Technology - Email Test"
  }
])";

inline constexpr char kDocumentedUnauthorized[] = R"({
  "success": false,
  "message": "Unauthorized API key."
})";

inline constexpr char kDocumentedAllocation[] = R"({
  "success": true,
  "message": "Candidate allocated to examination successfully.",
  "data": {
    "candidate_email": "arjun.mehta@company.io",
    "examination_id":  119,
    "invite_id":       142,
    "invite_link":     "https://beta-consero.ipixsolutions.net/exam/start/A3bk..."
  }
})";

inline constexpr char kDocumentedAllocationFailure[] = R"({
  "success": false,
  "message":"An error occurred during allocation.",
  "error":  "SQLSTATE[HY000]: General error: ... "
})";

inline constexpr char kDocumentedCancellation[] = R"({
  "success": true,
  "message": "Allocation cancelled successfully.",
  "data": {
    "invite_id": 142,
    "status":    "inValid"
  }
})";

inline constexpr char kDocumentedReport[] = R"({
  "inviteId": "142",
  "testId": "119",
  "testName": "Technology - Email Test",
  "email": "arjun.mehta@company.io",
  "reportURL": "https://beta-consero.ipixsolutions.net/report/142",
  "proctoringURL": "https://beta-consero.ipixsolutions.net/report/proctoring/142",
  "score": 74,
  "totalScore": 100,
  "percentage": 74.0,
  "testStartDate": "2024-07-15T09:02:14.00Z",
  "testEndDate": "2024-07-15T10:24:08.00Z",
  "status": "Pass",
  "metadata": {
    "mode_of_completion": "web"
  }
})";

using testing::Body;
using testing::MalformedBodies;
using testing::Repeated;
using testing::Replaced;

}  // namespace gw::concero
