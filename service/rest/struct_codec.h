// Open JSON values as google.protobuf.Value. For the codecs only.
#pragma once

#include <google/protobuf/struct.pb.h>

#include "service/rest/json_view.h"

namespace gw::rest {

/// Objects and arrays within a value go at most this deep. Each level is up to three nested
/// messages of a Struct, and protobuf parsers stop at 100.
inline constexpr int kMaxStructDepth = 16;

/// Both set `out` to `json` and return true, or return false for what is nested deeper than
/// kMaxStructDepth, its own braces counted; `out` is then of no use. Numbers become doubles (exact
/// up to 2^53). Thread safety: pure.
bool FillStruct(JsonView object, google::protobuf::Struct& out);
bool FillValue(JsonView json, google::protobuf::Value& out);

}  // namespace gw::rest
