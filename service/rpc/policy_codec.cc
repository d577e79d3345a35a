#include "service/rpc/policy_codec.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "service/rest/json_codec.h"

namespace gw::rpc {
namespace {

using Json = nlohmann::json;
using Keys = std::initializer_list<absl::string_view>;

// What HTTP needs on its way from one hop to the next, and gRPC takes out.
constexpr absl::string_view kNotHeaders[] = {
    "host",    "connection",        "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
    "trailer", "transfer-encoding", "upgrade"};

template <class... Parts>
absl::Status Refuse(absl::string_view where, const Parts&... why) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", why...));
}

// Keys and names come from the file, so they are kept short and to one line.
std::string Short(absl::string_view text) { return absl::CHexEscape(text.substr(0, 64)); }

std::string Below(absl::string_view where, absl::string_view key) {
  return absl::StrCat(where, where.empty() ? "" : ".", key);
}

std::string At(absl::string_view where, size_t i) { return absl::StrCat(where, "[", i, "]"); }

absl::Status CheckKeys(const Json& object, absl::string_view where, Keys known) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Refuse(Below(where, Short(key)),
                    "unknown key; allowed here: ", absl::StrJoin(known, ", "));
    }
  }
  return absl::OkStatus();
}

// The member of `object`, null when it is not there.
const Json* Find(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

absl::Status ReadName(const Json& object, absl::string_view where, std::string& out) {
  const std::string at = Below(where, "name");
  const Json* name = Find(object, "name");
  if (name == nullptr) return Refuse(at, "is required; give it a name to be known by");
  if (!name->is_string()) return Refuse(at, "expects a text");
  out = name->get<std::string>();
  if (absl::StripAsciiWhitespace(out).empty()) return Refuse(at, "must not be empty");
  return absl::OkStatus();
}

// A list of texts; `check(where, text)` looks at each.
template <class Check>
absl::Status ReadPatterns(const Json& list, const std::string& where, absl::string_view when_empty,
                          const Check& check, std::vector<Pattern>& out) {
  if (!list.is_array()) return Refuse(where, "expects a list of texts");
  if (list.empty()) return Refuse(where, when_empty);
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string at = At(where, i);
    if (!list[i].is_string()) return Refuse(at, "expects a text");
    const auto& text = list[i].get_ref<const std::string&>();
    const size_t star = text.find('*');
    if (star != std::string::npos &&
        (star != text.rfind('*') || (star > 0 && star + 1 < text.size()))) {
      return Refuse(at, "may have one *, at its beginning or at its end");
    }
    if (absl::Status status = check(at, text); !status.ok()) return status;
    out.push_back(Pattern::Of(text));
  }
  return absl::OkStatus();
}

absl::Status Accept(const std::string&, absl::string_view) { return absl::OkStatus(); }

absl::Status CheckPath(const std::string& where, absl::string_view path) {
  if (absl::StartsWith(path, "/") || absl::StartsWith(path, "*")) return absl::OkStatus();
  return Refuse(where, "would fit no call; write it as /package.Service/Method");
}

absl::Status CheckHeaderKey(const std::string& where, const std::string& key) {
  const bool written_well = std::all_of(key.begin(), key.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_' || c == '.';
  });
  const bool unsupported =
      absl::StartsWith(key, ":") || absl::StartsWith(key, "grpc-") ||
      std::find(std::begin(kNotHeaders), std::end(kNotHeaders), key) != std::end(kNotHeaders);
  if (unsupported) return Refuse(where, "is a header that rules cannot look at");
  if (absl::EndsWith(key, "-bin"))
    return Refuse(where, "is a header of bytes; rules look at texts");
  if (key.empty() || !written_well) return Refuse(where, "is no name of a header");
  return absl::OkStatus();
}

absl::Status ReadHeader(const Json& header, const std::string& where, HeaderPattern& out) {
  if (!header.is_object()) return Refuse(where, "expects {\"key\": …, \"values\": […]}");
  if (auto status = CheckKeys(header, where, {"key", "values"}); !status.ok()) return status;
  const Json* key = Find(header, "key");
  if (key == nullptr || !key->is_string()) {
    return Refuse(Below(where, "key"), "is required, the name of a header");
  }
  out.key = absl::AsciiStrToLower(key->get<std::string>());
  if (auto status = CheckHeaderKey(Below(where, "key"), out.key); !status.ok()) return status;
  const Json* values = Find(header, "values");
  if (values == nullptr) return Refuse(Below(where, "values"), "is required, a list of texts");
  return ReadPatterns(*values, Below(where, "values"), "fits no call; name a value", &Accept,
                      out.values);
}

absl::Status ReadHeaders(const Json& list, const std::string& where, PolicyRule& out) {
  if (!list.is_array()) return Refuse(where, "expects a list of headers");
  if (list.empty()) return Refuse(where, "names none; leave it out when headers do not matter");
  for (size_t i = 0; i < list.size(); ++i) {
    out.headers.emplace_back();
    if (auto status = ReadHeader(list[i], At(where, i), out.headers.back()); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status ReadSource(const Json& source, const std::string& where, PolicyRule& out) {
  if (!source.is_object()) return Refuse(where, "expects {\"principals\": […]}");
  if (auto status = CheckKeys(source, where, {"principals"}); !status.ok()) return status;
  const Json* principals = Find(source, "principals");
  if (principals == nullptr) return absl::OkStatus();
  return ReadPatterns(*principals, Below(where, "principals"),
                      "names nobody; leave it out to mean everybody", &Accept, out.principals);
}

absl::Status ReadRequest(const Json& request, const std::string& where, PolicyRule& out) {
  if (!request.is_object()) return Refuse(where, "expects {\"paths\": […], \"headers\": […]}");
  if (auto status = CheckKeys(request, where, {"paths", "headers"}); !status.ok()) return status;
  absl::Status status = absl::OkStatus();
  if (const Json* paths = Find(request, "paths")) {
    status = ReadPatterns(*paths, Below(where, "paths"), "names none; leave it out to mean all",
                          &CheckPath, out.paths);
  }
  const Json* headers = Find(request, "headers");
  if (status.ok() && headers != nullptr) {
    status = ReadHeaders(*headers, Below(where, "headers"), out);
  }
  return status;
}

absl::Status ReadRule(const Json& rule, const std::string& where, PolicyRule& out) {
  if (!rule.is_object()) {
    return Refuse(where, "expects {\"name\": …, \"source\": {…}, \"request\": {…}}");
  }
  if (auto status = CheckKeys(rule, where, {"name", "source", "request"}); !status.ok()) {
    return status;
  }
  absl::Status status = ReadName(rule, where, out.name);
  if (const Json* source = Find(rule, "source"); status.ok() && source != nullptr) {
    status = ReadSource(*source, Below(where, "source"), out);
  }
  if (const Json* request = Find(rule, "request"); status.ok() && request != nullptr) {
    status = ReadRequest(*request, Below(where, "request"), out);
  }
  return status;
}

absl::Status ReadRules(const Json& list, const std::string& where, std::vector<PolicyRule>& out) {
  if (!list.is_array()) return Refuse(where, "expects a list of rules");
  std::map<std::string, size_t> names;
  for (size_t i = 0; i < list.size(); ++i) {
    PolicyRule rule;
    if (auto status = ReadRule(list[i], At(where, i), rule); !status.ok()) return status;
    const auto [named, is_new] = names.emplace(rule.name, i);
    if (!is_new) {
      return Refuse(Below(At(where, i), "name"), "\"", Short(rule.name), "\" is the name of ",
                    At(where, named->second), " already; give each rule a name of its own");
    }
    out.push_back(std::move(rule));
  }
  return absl::OkStatus();
}

absl::Status ReadPolicy(const Json& json, Policy& out) {
  if (auto status = CheckKeys(json, "", {"name", "deny_rules", "allow_rules"}); !status.ok()) {
    return status;
  }
  absl::Status status = ReadName(json, "", out.name);
  if (const Json* rules = Find(json, "deny_rules"); status.ok() && rules != nullptr) {
    status = ReadRules(*rules, "deny_rules", out.deny_rules);
  }
  if (!status.ok()) return status;
  const Json* rules = Find(json, "allow_rules");
  if (rules == nullptr) {
    return Refuse("allow_rules", "is required; without one that fits, every call is denied");
  }
  return ReadRules(*rules, "allow_rules", out.allow_rules);
}

}  // namespace

absl::StatusOr<Policy> ParsePolicy(absl::string_view text, absl::string_view file) {
  if (text.size() > kMaxPolicyBytes) return Refuse(file, "is larger than 1 MiB");
  const auto json = rest::ParseJsonObject(text, kMaxPolicyBytes);
  if (!json.ok()) {
    absl::string_view why = json.status().message();
    if (!absl::ConsumePrefix(&why, "the body ")) absl::ConsumePrefix(&why, "the body: ");
    return Refuse(file, why);
  }
  Policy policy;
  if (absl::Status status = ReadPolicy(*json, policy); !status.ok()) {
    return Refuse(file, status.message());
  }
  return policy;
}

}  // namespace gw::rpc
