// A policy as JSON, in the language of gRFC A43.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/rpc/policy.h"

namespace gw::rpc {

/// The largest policy, in bytes.
inline constexpr size_t kMaxPolicyBytes = size_t{1} << 20;

/// Reads `{"name", "deny_rules", "allow_rules"}`, each rule being `{"name", "source":
/// {"principals"}, "request": {"paths", "headers": [{"key", "values"}]}}`; both names and
/// allow_rules are required. Stricter than A43, where a mistake would open what was to be closed: a
/// list of a rule that is there has an element; a `*` stands at one end; a path begins with `/` or
/// `*`; headers that no call can have are refused. Error: INVALID_ARGUMENT in one line, `FILE:
/// allow_rules[2].request.paths[0]: …`, that says what to do and quotes no value but names of rules
/// and keys. Thread safety: pure.
absl::StatusOr<Policy> ParsePolicy(absl::string_view text, absl::string_view file);

}  // namespace gw::rpc
