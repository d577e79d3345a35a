#include "service/rpc/policy.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace gw::rpc {
namespace {

bool AnyMatches(const std::vector<Pattern>& patterns, absl::string_view value) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [value](const Pattern& pattern) { return pattern.Matches(value); });
}

// Who is not known is not a caller of some name: `*` and the like are about those that are.
bool IsAnonymous(const Pattern& pattern) {
  return pattern.kind == Pattern::Kind::kExact &&
         (pattern.text.empty() || pattern.text == kAnonymous);
}

bool FitsCaller(const PolicyRule& rule, const std::vector<std::string>& principals) {
  if (rule.principals.empty()) return true;
  if (principals.empty()) {
    return std::any_of(rule.principals.begin(), rule.principals.end(), &IsAnonymous);
  }
  return std::any_of(principals.begin(), principals.end(), [&rule](const std::string& principal) {
    return AnyMatches(rule.principals, principal);
  });
}

bool FitsHeaders(const PolicyRule& rule, Policy::Headers headers) {
  return std::all_of(rule.headers.begin(), rule.headers.end(), [&](const HeaderPattern& wanted) {
    const std::optional<std::string> value = headers(wanted.key);
    return value && AnyMatches(wanted.values, *value);
  });
}

const PolicyRule* FirstThatFits(const std::vector<PolicyRule>& rules,
                                const std::vector<std::string>& principals, absl::string_view path,
                                Policy::Headers headers) {
  for (const PolicyRule& rule : rules) {
    if (!rule.paths.empty() && !AnyMatches(rule.paths, path)) continue;
    if (FitsCaller(rule, principals) && FitsHeaders(rule, headers)) return &rule;
  }
  return nullptr;
}

}  // namespace

Pattern Pattern::Of(absl::string_view text) {
  if (text == "*") return {Kind::kPresent, ""};
  if (absl::ConsumePrefix(&text, "*")) return {Kind::kSuffix, std::string(text)};
  if (absl::ConsumeSuffix(&text, "*")) return {Kind::kPrefix, std::string(text)};
  return {Kind::kExact, std::string(text)};
}

bool Pattern::Matches(absl::string_view value) const {
  switch (kind) {
    case Kind::kExact:
      return value == text;
    case Kind::kPrefix:
      return absl::StartsWith(value, text);
    case Kind::kSuffix:
      return absl::EndsWith(value, text);
    case Kind::kPresent:
      return !value.empty();
  }
  return false;
}

Decision Policy::Decide(const std::vector<std::string>& principals, absl::string_view path,
                        Headers headers) const {
  if (const PolicyRule* rule = FirstThatFits(deny_rules, principals, path, headers)) {
    return {false, Decision::By::kDenyRule, rule->name};
  }
  if (const PolicyRule* rule = FirstThatFits(allow_rules, principals, path, headers)) {
    return {true, Decision::By::kAllowRule, rule->name};
  }
  return {};
}

}  // namespace gw::rpc
