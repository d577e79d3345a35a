#include "tests/sandbox/fault_codec.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "tests/sandbox/json_text.h"

namespace sandbox {
namespace {

constexpr std::int64_t kMaxDelayMs = 24 * 60 * 60 * 1000;

constexpr std::pair<std::string_view, Fault::Action> kActions[] = {
    {"reset_before", Fault::Action::kResetBefore},
    {"reset_mid", Fault::Action::kResetMid},
    {"reset_after", Fault::Action::kResetAfter},
    {"close", Fault::Action::kClose},
    {"truncate", Fault::Action::kTruncate},
    {"endless", Fault::Action::kEndless},
    {"stall", Fault::Action::kStall},
};

// The readers return "" or what `value` must be.

std::string ReadInteger(const Json& value, std::int64_t least, std::int64_t most,
                        std::int64_t* out) {
  const bool fits =
      value.is_number_integer() && (!value.is_number_unsigned() ||
                                    value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most));
  if (!fits || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most) {
    std::string bound = "must be an integer of at least " + std::to_string(least);
    if (most != std::numeric_limits<std::int64_t>::max()) {
      bound += " and at most " + std::to_string(most);
    }
    return bound;
  }
  *out = value.get<std::int64_t>();
  return "";
}

std::string ReadMethod(const Json& value, Fault* fault) {
  if (!value.is_string() || !IsToken(value.get<std::string>())) return "must be a method's name";
  fault->method = value.get<std::string>();
  return "";
}

std::string ReadPath(const Json& value, Fault* fault) {
  if (!value.is_string()) return "must be a string";
  const auto path = value.get<std::string>();
  const auto star = path.find('*');
  if (path != "*" && !path.starts_with('/')) return "must begin with /";
  if (path.find('?') != std::string::npos) return "must not have a query";
  if (star != std::string::npos && star + 1 != path.size()) return "may have a * at its end only";
  fault->path = path;
  return "";
}

std::string ReadEvery(const Json& value, Fault* fault) {
  return ReadInteger(value, 1, std::numeric_limits<std::int64_t>::max(), &fault->every);
}

std::string ReadTimes(const Json& value, Fault* fault) {
  return ReadInteger(value, 1, std::numeric_limits<std::int64_t>::max(), &fault->times.emplace());
}

std::string ReadDelay(const Json& value, Fault* fault) {
  std::int64_t count = 0;
  const auto wrong = ReadInteger(value, 0, kMaxDelayMs, &count);
  fault->delay = std::chrono::milliseconds(count);
  return wrong;
}

std::string ReadStatus(const Json& value, Fault* fault) {
  std::int64_t status = 0;
  const auto wrong = ReadInteger(value, 200, 599, &status);
  fault->status = static_cast<int>(status);
  return wrong;
}

std::string ReadHeaders(const Json& value, Fault* fault) {
  if (!value.is_object()) return "must be an object";
  for (const auto& [name, text] : value.items()) {
    if (!IsToken(name)) return "has a malformed name";
    const auto lower = LowerCase(name);
    if (lower == "content-length" || lower == "transfer-encoding") {
      return "cannot have " + lower + ", which the actions are for";
    }
    if (!text.is_string() || !IsHeaderValue(text.get<std::string>())) {
      return "must have strings of one line as values";
    }
    SetHeader(&fault->headers, name, text.get<std::string>());
  }
  return "";
}

std::string ReadBody(const Json& value, Fault* fault) {
  fault->body = value.is_string() ? value.get<std::string>() : DumpJson(value);
  return "";
}

std::string ReadAction(const Json& value, Fault* fault) {
  for (const auto& [name, action] : kActions) {
    if (value != name) continue;
    fault->action = action;
    return "";
  }
  return "must be one of reset_before, reset_mid, reset_after, close, truncate, endless, stall";
}

using Reader = std::string (*)(const Json& value, Fault* fault);
constexpr std::pair<std::string_view, Reader> kKeys[] = {
    {"method", ReadMethod}, {"path", ReadPath},       {"every", ReadEvery},
    {"times", ReadTimes},   {"delay_ms", ReadDelay},  {"status", ReadStatus},
    {"body", ReadBody},     {"headers", ReadHeaders}, {"action", ReadAction},
};

// "" or "key: what is wrong".
std::string ReadFault(const Json& element, Fault* fault) {
  for (const auto& [key, value] : element.items()) {
    const auto* const known =
        std::find_if(std::begin(kKeys), std::end(kKeys),
                     [&key = key](const auto& entry) { return entry.first == key; });
    // Quoted as JSON, so that the message stays on one line.
    if (known == std::end(kKeys)) return DumpJson(key) + ": is not a known key";
    const auto wrong = known->second(value, fault);
    if (!wrong.empty()) return key + ": " + wrong;
  }
  return "";
}

}  // namespace

std::variant<std::vector<Fault>, std::string> ParseFaults(std::string_view text) {
  const auto json = ParseJson(text);
  if (!json) return "faults: must be valid JSON";
  if (!json->is_array()) return "faults: must be an array of objects";
  std::vector<Fault> faults;
  for (const auto& element : *json) {
    const auto name = "faults[" + std::to_string(faults.size()) + "]";
    if (!element.is_object()) return name + ": must be an object";
    const auto wrong = ReadFault(element, &faults.emplace_back());
    if (!wrong.empty()) return name + "." + wrong;
  }
  return faults;
}

}  // namespace sandbox
