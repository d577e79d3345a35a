// What candidates' addresses are compared by.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "service/observe/keyed_hash.h"

namespace gw::ledger {

// Thread safety: pure functions.

/// `email` without blanks around it.
std::string TrimmedEmail(absl::string_view email);

/// The trimmed address with the ASCII letters of its domain in lower case.
std::string EmailKeyOf(absl::string_view email);

/// What stands for that in the row of an erased candidate: `erased:` and its keyed hash. Whoever
/// has the key and the address still recognises the row as about it.
std::string ErasedEmailKey(absl::string_view email_key, const observe::KeyedHash& hash);

}  // namespace gw::ledger
