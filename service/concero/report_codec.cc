#include "service/concero/report_codec.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/concero/date_time.h"
#include "service/concero/json_codec.h"

namespace gw::concero {
namespace {

using ::google::protobuf::ListValue;
using ::google::protobuf::Struct;
using ::google::protobuf::Timestamp;
using ::google::protobuf::Value;
using Json = nlohmann::json;

constexpr size_t kMaxBytes = size_t{64} << 20;

/// An attribute of the report and where it goes.
template <typename T>
struct Field {
  const char* key;
  void (*set)(pb::Report&, T);
};

constexpr Field<int64_t> kIds[] = {
    {"inviteId", [](pb::Report& r, int64_t v) { r.set_invite_id(v); }},
    {"testId", [](pb::Report& r, int64_t v) { r.set_examination_id(v); }},
};
constexpr Field<std::string> kTexts[] = {
    {"testName", [](pb::Report& r, std::string v) { r.set_examination_name(std::move(v)); }},
    {"email", [](pb::Report& r, std::string v) { r.set_candidate_email(std::move(v)); }},
    {"reportURL", [](pb::Report& r, std::string v) { r.set_report_url(std::move(v)); }},
    {"proctoringURL", [](pb::Report& r, std::string v) { r.set_proctoring_url(std::move(v)); }},
    {"status", [](pb::Report& r, std::string v) { r.set_upstream_status(std::move(v)); }},
};
constexpr Field<double> kNumbers[] = {
    {"score", [](pb::Report& r, double v) { r.set_score(v); }},
    {"totalScore", [](pb::Report& r, double v) { r.set_total_score(v); }},
    {"percentage", [](pb::Report& r, double v) { r.set_percentage(v); }},
};
constexpr Field<Timestamp> kDates[] = {
    {"testStartDate", [](pb::Report& r, Timestamp v) { *r.mutable_start_time() = std::move(v); }},
    {"testEndDate", [](pb::Report& r, Timestamp v) { *r.mutable_end_time() = std::move(v); }},
};

absl::StatusOr<std::optional<Timestamp>> OptionalDate(const Json& object, const char* key) {
  const absl::StatusOr<std::optional<std::string>> text = OptionalText(object, key);
  if (!text.ok()) return text.status();
  if (!text->has_value()) return std::optional<Timestamp>();
  absl::StatusOr<Timestamp> date = ParseDateTime(**text);
  if (!date.ok()) return Under(absl::StrCat(key, ": "), date.status());
  return std::optional<Timestamp>(*std::move(date));
}

/// Reads each of `fields` with `get` and sets those that are there. Stops at the first error.
template <typename T, size_t N, typename Getter>
absl::Status Read(const Json& object, const Field<T> (&fields)[N], Getter get, pb::Report& report) {
  for (const Field<T>& field : fields) {
    absl::StatusOr<std::optional<T>> value = get(object, field.key);
    if (!value.ok()) return value.status();
    if (value->has_value()) field.set(report, **std::move(value));
  }
  return absl::OkStatus();
}

void ReadOutcome(pb::Report& report) {
  const absl::string_view status = absl::StripAsciiWhitespace(report.upstream_status());
  if (status.empty()) {
    report.clear_upstream_status();
  } else if (absl::EqualsIgnoreCase(status, "Pass")) {
    report.set_outcome(pb::OUTCOME_PASS);
  } else if (absl::EqualsIgnoreCase(status, "Fail")) {
    report.set_outcome(pb::OUTCOME_FAIL);
  } else {
    report.set_outcome(pb::OUTCOME_OTHER);
  }
}

bool FillValue(const Json& json, int levels, Value& value);

/// False when `object` is nested deeper than `levels`; `out` is then of no use.
bool FillStruct(const Json& object, int levels, Struct& out) {
  if (levels == 0) return false;
  for (const auto& [key, json] : object.items()) {
    if (!FillValue(json, levels - 1, (*out.mutable_fields())[key])) return false;
  }
  return true;
}

bool FillList(const Json& array, int levels, ListValue& out) {
  if (levels == 0) return false;
  for (const Json& json : array) {
    if (!FillValue(json, levels - 1, *out.add_values())) return false;
  }
  return true;
}

bool FillValue(const Json& json, int levels, Value& value) {
  if (json.is_object()) return FillStruct(json, levels, *value.mutable_struct_value());
  if (json.is_array()) return FillList(json, levels, *value.mutable_list_value());
  if (json.is_string()) {
    value.set_string_value(json.get_ref<const std::string&>());
  } else if (json.is_boolean()) {
    value.set_bool_value(json.get<bool>());
  } else if (json.is_number()) {
    value.set_number_value(json.get<double>());
  } else {
    value.set_null_value(::google::protobuf::NULL_VALUE);
  }
  return true;
}

void ReadMetadata(const Json& object, pb::Report& report) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end()) return;
  const bool empty_array = metadata->is_array() && metadata->empty();
  if (!metadata->is_object() && !empty_array) return;
  Struct& out = *report.mutable_metadata();
  if (!empty_array && !FillStruct(*metadata, kMaxMetadataDepth, out)) report.clear_metadata();
}

}  // namespace

std::string EncodeReportRequest(int64_t invite_id) { return ToText({{"inviteId", invite_id}}); }

absl::StatusOr<pb::Report> DecodeReport(absl::string_view body) {
  const absl::StatusOr<Json> json = ParseJsonObject(body, kMaxBytes);
  if (!json.ok()) return json.status();
  if (json->contains("success") && !IsSet(*json, "inviteId")) {
    return absl::InvalidArgumentError("the body: expects a report, not an envelope");
  }
  pb::Report report;
  absl::Status status = Read(*json, kIds, OptionalId, report);
  if (status.ok()) status = Read(*json, kTexts, OptionalText, report);
  if (status.ok()) status = Read(*json, kNumbers, OptionalNumber, report);
  if (status.ok()) status = Read(*json, kDates, OptionalDate, report);
  if (!status.ok()) return status;
  ReadOutcome(report);
  ReadMetadata(*json, report);
  return report;
}

}  // namespace gw::concero
