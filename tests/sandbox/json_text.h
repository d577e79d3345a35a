// JSON to and from text, without exceptions.
//
// Thread safety: pure functions only.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sandbox {

// Keeps the members in their written order, as the documented answers have one.
using Json = nlohmann::ordered_json;

// nullopt when `text` is not one JSON value, or nests deeper than 100.
std::optional<Json> ParseJson(std::string_view text);
// One line. Bytes that are not UTF-8 become U+FFFD.
std::string DumpJson(const Json& json);

// The failure envelope of Concero, which the sandbox uses for its own refusals too.
std::string FailureEnvelope(std::string_view message, std::string_view error);

}  // namespace sandbox
