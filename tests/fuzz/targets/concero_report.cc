// The answer to `POST /report`.
#include <cmath>

#include "absl/strings/ascii.h"
#include "service/concero/report_codec.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(concero_report) {
  const auto report = concero::DecodeReport(input);
  if (!report.ok()) return ExpectQuotesNothing(report.status());
  Expect(report->invite_id() >= 0 && report->examination_id() >= 0, "an id is above 0, or not set");
  Expect(std::isfinite(report->score()) && std::isfinite(report->total_score()) &&
             std::isfinite(report->percentage()),
         "a number is finite");
  Expect((report->outcome() == concero::pb::OUTCOME_UNSPECIFIED) ==
             absl::StripAsciiWhitespace(report->upstream_status()).empty(),
         "an outcome has its text");
  ExpectTimestamp(report->start_time());
  ExpectTimestamp(report->end_time());
  concero::pb::Report again;
  Expect(again.ParseFromString(report->SerializeAsString()), "a caller can read it");
}

}  // namespace gw::fuzz
