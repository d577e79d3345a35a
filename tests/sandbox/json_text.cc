#include "tests/sandbox/json_text.h"

namespace sandbox {

std::optional<Json> ParseJson(std::string_view text) {
  constexpr int kMaxDepth = 100;  // writing JSON recurses, reading it does not
  bool too_deep = false;
  const auto check = [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  auto json = Json::parse(text, check, /*allow_exceptions=*/false);
  if (too_deep || json.is_discarded()) return std::nullopt;
  return json;
}

std::string DumpJson(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string FailureEnvelope(std::string_view message, std::string_view error) {
  return DumpJson({{"success", false}, {"message", message}, {"error", error}});
}

}  // namespace sandbox
