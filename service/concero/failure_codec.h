// Reads what Concero answers when it refuses. No text of a body gets through to a caller from here.
//
// Thread safety: pure functions. A body that is not what a function looks for is no error: its
// answer says so.
#pragma once

#include <vector>

#include "absl/strings/string_view.h"
#include "service/base/failure.h"
#include "service/concero/body_excerpt.h"  // IWYU pragma: export

namespace gw::concero {

/// Whether `body` is Concero's own failure envelope, {"success": false, "message": string,
/// "error"?: …} [doc]: then the application answered, not a proxy or the framework in front of it.
/// Decides whether an allocation failed or is in doubt, so anything else is not one: a cut body,
/// "false" as a string, a message of another type.
bool HasFailureEnvelope(absl::string_view body);

/// What a 422 says about the request's fields.
struct Rejection {
  /// Fields of ours, in order of the name and each once, so 3 at most; the description is a fixed
  /// text of ours.
  std::vector<FieldViolation> violations;
  /// How many more fields were refused that are not in our requests.
  int unmapped = 0;
  /// One of `violations` is that the value "has already been taken".
  bool already_taken = false;
};

/// Reads {"message", "errors": {field: [text, …]}} [assumed, Laravel's] and the bare {field: [text,
/// …]}. Any other body: an empty Rejection.
Rejection DecodeRejection(absl::string_view body);

}  // namespace gw::concero
