#include "service/rest/rejection_codec.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/rest/json_view.h"

namespace gw::rest {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 20;

bool IsTexts(JsonView value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](JsonView text) { return text.is_string(); });
}

bool SaysTaken(JsonView texts) {
  return std::any_of(texts.begin(), texts.end(), [](JsonView text) {
    return absl::StrContains(absl::AsciiStrToLower(text.text()), "already been taken");
  });
}

std::vector<JsonView> ByName(JsonView object) {
  std::vector<JsonView> members(object.begin(), object.end());
  std::sort(members.begin(), members.end(),
            [](JsonView a, JsonView b) { return a.key() < b.key(); });
  return members;
}

}  // namespace

Rejection DecodeRejection(absl::string_view body, OurField our_field) {
  const absl::StatusOr<ParsedJson> json = ReadJsonObject(body, kMaxBytes);
  if (!json.ok()) return {};
  const std::optional<JsonView> errors = json->root().Find("errors");
  Rejection rejection;
  for (const JsonView texts : ByName(errors && errors->is_object() ? *errors : json->root())) {
    if (!IsTexts(texts)) continue;
    const absl::string_view ours = our_field == nullptr ? "" : our_field(texts.key());
    if (ours.empty()) {
      ++rejection.unmapped;
      continue;
    }
    if (SaysTaken(texts)) rejection.already_taken = true;
    const FieldViolation violation{std::string(ours), "refused by the upstream"};
    // Two of the upstream's names may be the same field of ours.
    if (std::find(rejection.violations.begin(), rejection.violations.end(), violation) ==
        rejection.violations.end()) {
      rejection.violations.push_back(violation);
    }
  }
  return rejection;
}

}  // namespace gw::rest
