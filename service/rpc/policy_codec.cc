#include "service/rpc/policy_codec.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "service/rest/json_view.h"

namespace gw::rpc {
namespace {

using rest::JsonView;
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

// Of several unknown ones the first by name is refused.
absl::Status CheckKeys(JsonView object, absl::string_view where, Keys known) {
  std::optional<absl::string_view> unknown;
  for (const JsonView member : object) {
    const absl::string_view key = member.key();
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    if (!unknown || key < *unknown) unknown = key;
  }
  if (!unknown) return absl::OkStatus();
  return Refuse(Below(where, Short(*unknown)),
                "unknown key; allowed here: ", absl::StrJoin(known, ", "));
}

absl::Status ReadName(JsonView object, absl::string_view where, std::string& out) {
  const std::string at = Below(where, "name");
  const std::optional<JsonView> name = object.Find("name");
  if (!name) return Refuse(at, "is required; give it a name to be known by");
  if (!name->is_string()) return Refuse(at, "expects a text");
  out = std::string(name->text());
  if (absl::StripAsciiWhitespace(out).empty()) return Refuse(at, "must not be empty");
  return absl::OkStatus();
}

// A list of texts; `check(where, text)` looks at each.
template <class Check>
absl::Status ReadPatterns(JsonView list, const std::string& where, absl::string_view when_empty,
                          const Check& check, std::vector<Pattern>& out) {
  if (!list.is_array()) return Refuse(where, "expects a list of texts");
  if (list.empty()) return Refuse(where, when_empty);
  size_t i = 0;
  for (const JsonView element : list) {
    const std::string at = At(where, i++);
    if (!element.is_string()) return Refuse(at, "expects a text");
    const absl::string_view text = element.text();
    const size_t star = text.find('*');
    if (star != absl::string_view::npos &&
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

absl::Status ReadHeader(JsonView header, const std::string& where, HeaderPattern& out) {
  if (!header.is_object()) return Refuse(where, "expects {\"key\": …, \"values\": […]}");
  if (auto status = CheckKeys(header, where, {"key", "values"}); !status.ok()) return status;
  const std::optional<JsonView> key = header.Find("key");
  if (!key || !key->is_string()) {
    return Refuse(Below(where, "key"), "is required, the name of a header");
  }
  out.key = absl::AsciiStrToLower(key->text());
  if (auto status = CheckHeaderKey(Below(where, "key"), out.key); !status.ok()) return status;
  const std::optional<JsonView> values = header.Find("values");
  if (!values) return Refuse(Below(where, "values"), "is required, a list of texts");
  return ReadPatterns(*values, Below(where, "values"), "fits no call; name a value", &Accept,
                      out.values);
}

absl::Status ReadHeaders(JsonView list, const std::string& where, PolicyRule& out) {
  if (!list.is_array()) return Refuse(where, "expects a list of headers");
  if (list.empty()) return Refuse(where, "names none; leave it out when headers do not matter");
  for (const JsonView header : list) {
    const std::string at = At(where, out.headers.size());
    out.headers.emplace_back();
    if (auto status = ReadHeader(header, at, out.headers.back()); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadSource(JsonView source, const std::string& where, PolicyRule& out) {
  if (!source.is_object()) return Refuse(where, "expects {\"principals\": […]}");
  if (auto status = CheckKeys(source, where, {"principals"}); !status.ok()) return status;
  const std::optional<JsonView> principals = source.Find("principals");
  if (!principals) return absl::OkStatus();
  return ReadPatterns(*principals, Below(where, "principals"),
                      "names nobody; leave it out to mean everybody", &Accept, out.principals);
}

absl::Status ReadRequest(JsonView request, const std::string& where, PolicyRule& out) {
  if (!request.is_object()) return Refuse(where, "expects {\"paths\": […], \"headers\": […]}");
  if (auto status = CheckKeys(request, where, {"paths", "headers"}); !status.ok()) return status;
  absl::Status status = absl::OkStatus();
  if (const auto paths = request.Find("paths")) {
    status = ReadPatterns(*paths, Below(where, "paths"), "names none; leave it out to mean all",
                          &CheckPath, out.paths);
  }
  const std::optional<JsonView> headers = request.Find("headers");
  if (status.ok() && headers) {
    status = ReadHeaders(*headers, Below(where, "headers"), out);
  }
  return status;
}

absl::Status ReadRule(JsonView rule, const std::string& where, PolicyRule& out) {
  if (!rule.is_object()) {
    return Refuse(where, "expects {\"name\": …, \"source\": {…}, \"request\": {…}}");
  }
  if (auto status = CheckKeys(rule, where, {"name", "source", "request"}); !status.ok()) {
    return status;
  }
  absl::Status status = ReadName(rule, where, out.name);
  if (const auto source = rule.Find("source"); status.ok() && source) {
    status = ReadSource(*source, Below(where, "source"), out);
  }
  if (const auto request = rule.Find("request"); status.ok() && request) {
    status = ReadRequest(*request, Below(where, "request"), out);
  }
  return status;
}

absl::Status ReadRules(JsonView list, const std::string& where, std::vector<PolicyRule>& out) {
  if (!list.is_array()) return Refuse(where, "expects a list of rules");
  std::map<std::string, size_t> names;
  for (const JsonView element : list) {
    const size_t i = out.size();
    PolicyRule rule;
    if (auto status = ReadRule(element, At(where, i), rule); !status.ok()) return status;
    const auto [named, is_new] = names.emplace(rule.name, i);
    if (!is_new) {
      return Refuse(Below(At(where, i), "name"), "\"", Short(rule.name), "\" is the name of ",
                    At(where, named->second), " already; give each rule a name of its own");
    }
    out.push_back(std::move(rule));
  }
  return absl::OkStatus();
}

absl::Status ReadPolicy(JsonView json, Policy& out) {
  if (auto status = CheckKeys(json, "", {"name", "deny_rules", "allow_rules"}); !status.ok()) {
    return status;
  }
  absl::Status status = ReadName(json, "", out.name);
  if (const auto rules = json.Find("deny_rules"); status.ok() && rules) {
    status = ReadRules(*rules, "deny_rules", out.deny_rules);
  }
  if (!status.ok()) return status;
  const std::optional<JsonView> rules = json.Find("allow_rules");
  if (!rules) {
    return Refuse("allow_rules", "is required; without one that fits, every call is denied");
  }
  return ReadRules(*rules, "allow_rules", out.allow_rules);
}

}  // namespace

absl::StatusOr<Policy> ParsePolicy(absl::string_view text, absl::string_view file) {
  if (text.size() > kMaxPolicyBytes) return Refuse(file, "is larger than 1 MiB");
  const auto json = rest::ReadJsonObject(text, kMaxPolicyBytes);
  if (!json.ok()) {
    absl::string_view why = json.status().message();
    if (!absl::ConsumePrefix(&why, "the body ")) absl::ConsumePrefix(&why, "the body: ");
    return Refuse(file, why);
  }
  Policy policy;
  if (absl::Status status = ReadPolicy(json->root(), policy); !status.ok()) {
    return Refuse(file, status.message());
  }
  return policy;
}

}  // namespace gw::rpc
