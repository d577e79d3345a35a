// Reads Concero's own failure envelope. No text of a body gets through to a caller from here.
#pragma once

#include "absl/strings/string_view.h"

namespace gw::concero {

/// Whether `body` is Concero's own failure envelope, {"success": false, "message": string,
/// "error"?: …} [doc]: then the application answered, not a proxy or the framework in front of it.
/// Decides whether an allocation failed or is in doubt, so anything else is not one: a cut body,
/// "false" as a string, a message of another type. Thread safety: pure.
bool HasFailureEnvelope(absl::string_view body);

}  // namespace gw::concero
