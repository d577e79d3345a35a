#include "service/rest/rejection_codec.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/rest/json_codec.h"

namespace gw::rest {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxBytes = size_t{1} << 20;

bool IsTexts(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& text) { return text.is_string(); });
}

bool SaysTaken(const Json& texts) {
  return std::any_of(texts.begin(), texts.end(), [](const Json& text) {
    return absl::StrContains(absl::AsciiStrToLower(text.get_ref<const std::string&>()),
                             "already been taken");
  });
}

}  // namespace

Rejection DecodeRejection(absl::string_view body, OurField our_field) {
  const absl::StatusOr<Json> json = ParseJsonObject(body, kMaxBytes);
  if (!json.ok()) return {};
  const auto errors = json->find("errors");
  const bool wrapped = errors != json->end() && errors->is_object();
  Rejection rejection;
  for (const auto& [theirs, texts] : (wrapped ? *errors : *json).items()) {
    if (!IsTexts(texts)) continue;
    const absl::string_view ours = our_field == nullptr ? "" : our_field(theirs);
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
