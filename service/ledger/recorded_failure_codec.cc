#include "service/ledger/recorded_failure_codec.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "service/base/failure.h"

namespace gw::ledger {
namespace {

using nlohmann::json;

absl::Status Unreadable() {
  return absl::InternalError("it failed, and why is recorded in a way that cannot be read");
}

std::string TextOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Reason ReasonOf(absl::string_view name) {
  for (const Reason reason : AllReasons()) {
    if (ReasonName(reason) == name) return reason;
  }
  return Reason::kUnspecified;
}

}  // namespace

std::string EncodeRecordedFailure(const absl::Status& failure) {
  const Failure details = GetFailure(failure);
  json object = {{"code", static_cast<int>(failure.code())},
                 {"reason", ReasonName(details.reason)},
                 {"message", failure.message()}};
  for (const auto& [key, value] : details.metadata) object["metadata"][key] = value;
  for (const FieldViolation& violation : details.violations) {
    object["violations"].push_back(
        {{"field", violation.field}, {"description", violation.description}});
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::Status DecodeRecordedFailure(absl::string_view text) {
  const json object = json::parse(text.begin(), text.end(), nullptr, false);
  if (!object.is_object()) return Unreadable();
  const auto code = object.find("code");
  if (code == object.end() || !code->is_number_integer()) return Unreadable();
  const auto number = code->get<int>();
  if (number < 1 || number > 16) return Unreadable();

  Failure failure;
  failure.reason = ReasonOf(TextOf(object, "reason"));
  if (const auto metadata = object.find("metadata");
      metadata != object.end() && metadata->is_object()) {
    for (const auto& [key, value] : metadata->items()) {
      if (value.is_string()) failure.metadata.emplace_back(key, value.get<std::string>());
    }
  }
  if (const auto list = object.find("violations"); list != object.end() && list->is_array()) {
    for (const json& violation : *list) {
      if (!violation.is_object()) continue;
      failure.violations.push_back({TextOf(violation, "field"), TextOf(violation, "description")});
    }
  }
  return MakeFailure(static_cast<absl::StatusCode>(number), TextOf(object, "message"), failure);
}

}  // namespace gw::ledger
