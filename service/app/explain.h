// What the policy says of a caller and a method, for who writes it.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/rpc/policy.h"

namespace gw::app {

struct Explanation {
  /// `allowed by allow rule "exams-team"`, `denied by deny rule "…"`, `denied: no allow rule
  /// matches`, `allowed: there is no policy file`.
  std::string verdict;
  /// What to know about it, in lines: that there is no such method, that headers may matter.
  std::vector<std::string> notes;
};

/// Of a call without headers. `caller` is the one name in the caller's certificate, or `anonymous`;
/// `method` is `package.Service/Method`, with or without `/` before it. `policy` null: there is
/// none. Thread safety: pure.
Explanation Explain(const rpc::Policy* policy, const std::string& caller, absl::string_view method);

/// `2 deny rules, 3 allow rules`. Thread safety: pure.
std::string RuleCount(const rpc::Policy& policy);

}  // namespace gw::app
