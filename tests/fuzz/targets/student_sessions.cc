// A page of student sessions: the header block, a blank line, the body.
#include <algorithm>
#include <string>

#include "service/proctorexam/session_pages.h"
#include "service/proctorexam/student_session_codec.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(student_sessions) {
  constexpr absl::string_view kBlankLine = "\r\n\r\n";
  const size_t end = std::min(input.find(kBlankLine), input.size());
  http::Response response;
  response.header_block = std::string(input.substr(0, end));
  response.body = std::string(input.substr(std::min(end + kBlankLine.size(), input.size())));

  const auto sessions = proctorexam::DecodeStudentSessions(response.body);
  if (!sessions.ok()) ExpectQuotesNothing(sessions.status());
  const size_t got = sessions.ok() ? sessions->size() : 1;
  const proctorexam::PagePosition position{1, 2, 3};
  const proctorexam::PageCount count = proctorexam::CountOf(response, position, got);
  Expect(count.items >= 0, "a count is not negative");
  Expect(!count.more || got > 0, "behind an empty page there is nothing");
}

}  // namespace gw::fuzz
