// A failure as it is kept in the ledger.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gw::ledger {

// Thread safety: pure functions.

/// `{"code": 13, "reason": "UPSTREAM_ALLOCATION_FAILED", "message": …, "metadata": {…}, …}`: names
/// rather than our numbers of reasons, to be read by people and by other versions. `failure` is not
/// OK. When to retry is left out: it was a matter of that moment.
std::string EncodeRecordedFailure(const absl::Status& failure);

/// The failure; INTERNAL without a reason for what cannot be read.
absl::Status DecodeRecordedFailure(absl::string_view text);

}  // namespace gw::ledger
