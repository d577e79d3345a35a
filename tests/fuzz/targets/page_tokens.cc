// Page tokens of all lists: the token in the first line, the exam or examination in the second.
#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "service/concero/page_token.h"
#include "service/proctorexam/session_pages.h"
#include "service/rpc/allocation_pages.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(page_tokens) {
  const absl::string_view token = TakeLine(input);
  int64_t exam = 0;
  if (!absl::SimpleAtoi(TakeLine(input), &exam)) exam = 1;
  int accepted = 0;

  const auto examinations = concero::DecodePageToken(token);
  if (examinations.ok()) {
    ++accepted;
    Expect(concero::EncodePageToken(*examinations) == token, "a position has one token");
  } else {
    ExpectQuotesNothing(examinations.status());
  }

  const auto sessions = proctorexam::PositionOf(exam, 0, token);
  if (!sessions.ok()) {
    ExpectQuotesNothing(sessions.status());
  } else if (!token.empty()) {
    ++accepted;
    Expect(proctorexam::EncodePageToken(*sessions) == token, "a position has one token");
    Expect(sessions->exam_id == exam, "a token is of one list");
    Expect(sessions->page > 1 && sessions->size >= 1 && sessions->size <= proctorexam::kMaxPageSize,
           "a position is one that can be asked for");
  }

  ::concero::v1::ListAllocationsRequest request;
  request.set_page_token(std::string(token));
  request.set_examination_id(exam);
  const auto seq = rpc::AllocationPageStart(request);
  if (!seq.ok()) {
    ExpectQuotesNothing(seq.status());
  } else if (!token.empty()) {
    ++accepted;
    Expect(*seq > 0, "a row is above 0");
    Expect(rpc::AllocationPageToken(*seq, request) == token, "a position has one token");
  }
  Expect(accepted <= 1, "a token is of one kind");
}

}  // namespace gw::fuzz
