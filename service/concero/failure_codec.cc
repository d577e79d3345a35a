#include "service/concero/failure_codec.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/concero/json_codec.h"

namespace gw::concero {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxBytes = size_t{1} << 20;

/// Our name of an upstream's field; empty when it is not one of ours.
absl::string_view OurField(absl::string_view theirs) {
  if (theirs == "candidate_email" || theirs == "examination_id") return theirs;
  if (theirs == "invite_id" || theirs == "inviteId") return "invite_id";
  return "";
}

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

bool HasFailureEnvelope(absl::string_view body) {
  const absl::StatusOr<Json> json = ParseJsonObject(body, kMaxBytes);
  if (!json.ok()) return false;
  const auto success = json->find("success");
  const auto message = json->find("message");
  return success != json->end() && *success == false && message != json->end() &&
         message->is_string();
}

Rejection DecodeRejection(absl::string_view body) {
  const absl::StatusOr<Json> json = ParseJsonObject(body, kMaxBytes);
  if (!json.ok()) return {};
  const auto errors = json->find("errors");
  const bool wrapped = errors != json->end() && errors->is_object();
  Rejection rejection;
  for (const auto& [theirs, texts] : (wrapped ? *errors : *json).items()) {
    if (!IsTexts(texts)) continue;
    const absl::string_view ours = OurField(theirs);
    if (ours.empty()) {
      ++rejection.unmapped;
      continue;
    }
    if (SaysTaken(texts)) rejection.already_taken = true;
    const FieldViolation violation{std::string(ours), "refused by Concero"};
    // Keys come sorted, and inviteId follows invite_id's neighbours: the same field twice is
    // adjacent.
    if (rejection.violations.empty() || rejection.violations.back() != violation) {
      rejection.violations.push_back(violation);
    }
  }
  return rejection;
}

}  // namespace gw::concero
