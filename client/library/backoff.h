// How long to wait before a repeat that nobody has named a delay for.
// Thread safety: a pure function.
#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace concero {

/// After the n-th failure in a row (from 1): 0.2 s, 0.4 s, … up to 5 s, less up to a half by
/// `random`, so that many callers do not come back at once.
absl::Duration Backoff(int failures, uint64_t random);

}  // namespace concero
