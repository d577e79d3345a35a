// Who calls, as names that others can be told of and that rules are written about.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace gw::rpc {

/// The name of callers that nothing identifies. They share it, and with it one scope of request
/// ids.
inline constexpr absl::string_view kAnonymous = "anonymous";

/// As long as a SPIFFE id may be.
inline constexpr size_t kMaxPrincipalBytes = 2048;

/// Thread safety: a value.
struct Caller {
  /// By which the ledger keeps its allocations, quotas count its calls and the log names it.
  std::string name{kAnonymous};
  /// Each name that its certificate has: what rules are matched with. None: it is anonymous.
  std::vector<std::string> principals;
};

/// The caller with these names in its certificate. It is called by its SPIFFE id (the only URI,
/// beginning with spiffe://), else its first DNS name, else its first URI, else kAnonymous. What is
/// no name is left out: one that is empty, over kMaxPrincipalBytes, has a byte that is not
/// printable ASCII or a blank, or is the word `anonymous`.
/// Thread safety: pure.
Caller CallerWithNames(std::vector<std::string> uris, std::vector<std::string> dns_names);

}  // namespace gw::rpc
