// Reads what an upstream says of the fields that it refuses (422). No text of a body gets through
// to a caller from here.
#pragma once

#include <vector>

#include "absl/strings/string_view.h"
#include "service/base/failure.h"

namespace gw::rest {

/// Our name of an upstream's field; empty when it is not one of ours.
using OurField = absl::string_view (*)(absl::string_view theirs);

/// What a 422 says about the request's fields.
struct Rejection {
  /// Fields of ours, in order of the upstream's name and each once; the description is a fixed
  /// text.
  std::vector<FieldViolation> violations;
  /// How many more fields were refused that are not in our requests.
  int unmapped = 0;
  /// One of `violations` is that the value "has already been taken".
  bool already_taken = false;
};

/// Reads {"message", "errors": {field: [text, …]}} [assumed, Laravel's] and the bare {field: [text,
/// …]} [doc, ProctorExam]. Any other body: an empty Rejection. `our_field` null: no field is ours.
/// Thread safety: pure.
Rejection DecodeRejection(absl::string_view body, OurField our_field);

}  // namespace gw::rest
