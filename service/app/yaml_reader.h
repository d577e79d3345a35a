// YAML into a protobuf message, by the message's own field names.
#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gw::app {

/// The keys that a text sets, as `concero.timeout`, and the line of each, from 1.
using KeyLines = std::map<std::string, int>;

/// Reads the YAML `text` into `message`, over the values that it has:
///  - a mapping is a message, its keys are the field names; a section without a value (`concero:`)
///    is present and gains nothing;
///  - google.protobuf.Duration and gateway.config.v1.ByteSize are texts (units.h), and replaced as
///    a whole;
///  - string, bool, int32, int64, double are scalars; a bool or number in quotes is a text;
///  - a repeated field is a list, a map<string, …> a mapping; both replace what was there.
/// `name` stands for the file in errors. Adds every key of the text to `lines`, unless null.
/// INVALID_ARGUMENT, in one line `FILE:7: concero.timeot: unknown key; did you mean "timeout"?`,
/// for unknown and repeated keys, values of the wrong kind, texts with control characters, and all
/// that ParseYamlTree refuses. It never contains a value. INTERNAL: `message` has a field of
/// another type. After an error `message` is partly read. Thread safety: pure.
absl::Status ReadYaml(absl::string_view text, absl::string_view name,
                      google::protobuf::Message* message, KeyLines* lines = nullptr);

}  // namespace gw::app
