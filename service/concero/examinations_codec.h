// Reads the answer to `GET /examinations`: a bare array of {"testId": int, "testName": string}
// [doc].
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "concero/v1/assessment.pb.h"

namespace gw::concero {

namespace pb = ::concero::v1;

/// The examinations in the order of the body. Thread safety: pure.
///
/// Lenient where that loses nothing: other attributes are ignored, `testId` may be a string of
/// digits, a `testName` that is null or missing is empty (the id is what allocations need), and of
/// two with one id the first is kept. Errors: INVALID_ARGUMENT for everything else, one bad entry
/// included, since a list with a hole would make the examination look removed; an object (a failure
/// envelope at 200) is not a list. Messages never quote the body.
absl::StatusOr<std::vector<pb::Examination>> DecodeExaminations(absl::string_view body);

}  // namespace gw::concero
