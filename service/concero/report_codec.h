// The bodies of `POST /report` [doc]: camelCase here, and an answer without an envelope.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "concero/v1/assessment.pb.h"

namespace gw::concero {

namespace pb = ::concero::v1;

/// {"inviteId": …} [doc]. Thread safety: pure.
std::string EncodeReportRequest(int64_t invite_id);

/// The report, complete or not. Thread safety: pure.
///
/// Every attribute may be null or missing, `inviteId` too, and is then not set [assumed]; unknown
/// ones are ignored. Ids are integers or strings of digits, `score`, `totalScore` and `percentage`
/// numbers or strings of one, dates as in date_time.h. `status` is kept as it is; trimmed and
/// without regard to case, `Pass` and `Fail` are outcomes, any other text is OTHER, blank is not
/// set. `metadata` is an open object: numbers become doubles (exact up to 2^53), `[]` is PHP's way
/// to write `{}`, and what is of another kind or nested deeper than rest::kMaxStructDepth is left
/// out, since the report is worth more than its extras. Errors: INVALID_ARGUMENT for an attribute
/// of another type or an unreadable date, and for an envelope (`success`, and no `inviteId`) in a
/// report's place. Messages never quote the body.
absl::StatusOr<pb::Report> DecodeReport(absl::string_view body);

}  // namespace gw::concero
