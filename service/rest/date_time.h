// Reads dates as the upstreams write them.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gw::rest {

/// `2024-07-15T09:02:14.00Z` [doc, Concero], `2018-11-17T17:01:25.788+01:00` [doc, ProctorExam].
/// Also taken: up to 9 digits of a second or none, an offset without its colon, a space for the
/// `T`; without a zone it is UTC, as PHP frameworks store times (`2024-07-15 09:02:14`) [assumed].
/// Errors: INVALID_ARGUMENT, not quoting the text, for any other shape (leap seconds and 24:00
/// too), for a day that no calendar has, and outside years 1 to 9999, beyond which a Timestamp is
/// not valid. Thread safety: pure.
absl::StatusOr<::google::protobuf::Timestamp> ParseDateTime(absl::string_view text);

}  // namespace gw::rest
