// What would end a stream for all of its items.
#pragma once

#include "absl/status/status.h"
#include "concero_gateway/intent.h"

namespace concero {

/// OK, or INVALID_ARGUMENT with INVALID_FIELD as the gateway says it: an intent that no message
/// can carry (its texts are no UTF-8), or so long that the gateway takes none such. Thread safety:
/// pure.
absl::Status CheckItem(const Intent& intent);

}  // namespace concero
