// A note on the status of a call that does its work anew each time it is made.
// Thread safety: a pure function.
#pragma once

#include "absl/status/status.h"

namespace concero {

/// `status` of such a call; when the call may have been executed all the same, with a note by which
/// IsInDoubt and IsSafeToRetry know it.
absl::Status MarkedIfOutcomeUnknown(absl::Status status);

}  // namespace concero
