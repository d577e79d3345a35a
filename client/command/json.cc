#include "client/command/json.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "client/command/request_id.h"
#include "concero_gateway/failure.h"

namespace concero::command {
namespace {

std::string Print(const google::protobuf::Message& message, bool pretty) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = pretty;
  std::string out;
  // Fails for what Any holds only, when its type is not known; these are linked in.
  static_cast<void>(google::protobuf::util::MessageToJsonString(message, &out, options));
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string Quoted(absl::string_view text) {
  google::protobuf::Value value;
  value.set_string_value(std::string(text));
  return Print(value, false);
}

}  // namespace

std::string JsonOf(const google::protobuf::Message& message) { return Print(message, false); }

std::string PrettyJsonOf(const google::protobuf::Message& message) { return Print(message, true); }

std::string JsonOfFailure(const absl::Status& status) {
  JsonObject error;
  error.Text("code", absl::StatusCodeToString(status.code()));
  const auto add = [&](absl::string_view key, const std::string& value) {
    if (!value.empty()) error.Text(key, value);
  };
  add("reason", ReasonName(ReasonOf(status)));
  error.Text("message", status.message());
  add("requestId", RequestIdOf(status));
  if (const auto delay = RetryDelayOf(status)) {
    error.Raw("retryAfterSeconds", absl::StrCat(absl::ToDoubleSeconds(*delay)));
  }
  JsonObject fields;
  const std::vector<FieldViolation> violations = FieldViolationsOf(status);
  for (const FieldViolation& violation : violations) {
    fields.Text(violation.field, violation.description);
  }
  if (!violations.empty()) error.Raw("fields", fields.Finish());
  return JsonObject().Raw("error", error.Finish()).Finish();
}

std::string JsonOfUsage(absl::string_view message) {
  JsonObject error;
  error.Text("code", "USAGE").Text("message", message);
  return JsonObject().Raw("error", error.Finish()).Finish();
}

JsonObject& JsonObject::Text(absl::string_view key, absl::string_view value) {
  return Raw(key, Quoted(value));
}

JsonObject& JsonObject::Raw(absl::string_view key, absl::string_view json) {
  absl::StrAppend(&inside_, inside_.empty() ? "" : ",", Quoted(key), ":", json);
  return *this;
}

std::string JsonObject::Finish() const { return absl::StrCat("{", inside_, "}"); }

}  // namespace concero::command
