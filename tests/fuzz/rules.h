// Rules that several targets have.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "absl/strings/string_view.h"

namespace gw::fuzz {

// Thread safety: pure functions.

/// Whether `text` is one JSON value, in UTF-8.
bool IsJson(absl::string_view text);

/// That `text` has no ASCII control character.
void ExpectNoControls(absl::string_view text);

/// That protobuf takes `time` for valid: years 1 to 9999.
void ExpectTimestamp(const google::protobuf::Timestamp& time);

}  // namespace gw::fuzz
