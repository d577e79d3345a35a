// Who may call what: a policy, as gRFC A43 describes it, and its decisions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "service/rpc/caller.h"

namespace gw::rpc {

/// What a text of the policy says of a value. Thread safety: immutable.
struct Pattern {
  enum class Kind { kExact, kPrefix, kSuffix, kPresent };

  /// `abc`, `abc*`, `*abc`, or `*`, which is any value that is not empty.
  static Pattern Of(absl::string_view text);

  bool Matches(absl::string_view value) const;

  Kind kind;
  std::string text;
};

/// What a rule says of one header: one of the values.
struct HeaderPattern {
  std::string key;  ///< lower-case
  std::vector<Pattern> values;
};

/// Fits a call when all of these do; what is empty fits every call.
struct PolicyRule {
  std::string name;
  /// One of them, for one of the caller's principals. An anonymous caller has none; it is fitted by
  /// the exact patterns `anonymous` and, as A43 writes it, the empty one, and by no other.
  std::vector<Pattern> principals;
  /// One of them, for `/package.Service/Method`.
  std::vector<Pattern> paths;
  /// Each of them.
  std::vector<HeaderPattern> headers;
};

/// What was decided, and by which rule.
struct Decision {
  enum class By { kDenyRule, kAllowRule, kNoRule };
  bool allowed = false;
  By by = By::kNoRule;
  absl::string_view rule;  ///< its name; lives as long as the policy
};

/// Thread safety: immutable.
struct Policy {
  /// The value of a header, by its lower-case key; several values are one, with commas between
  /// them. Nothing when there is none.
  using Headers = absl::FunctionRef<std::optional<std::string>(absl::string_view key)>;

  /// A deny rule that fits denies; else an allow rule that fits allows; else it is denied. Headers
  /// are asked for only by a rule that fits otherwise.
  Decision Decide(const std::vector<std::string>& principals, absl::string_view path,
                  Headers headers) const;

  std::string name;
  std::vector<PolicyRule> deny_rules;
  std::vector<PolicyRule> allow_rules;
};

}  // namespace gw::rpc
