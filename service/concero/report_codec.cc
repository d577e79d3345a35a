#include "service/concero/report_codec.h"

#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/rest/date_time.h"
#include "service/rest/json_codec.h"
#include "service/rest/struct_codec.h"

namespace gw::concero {
namespace {

using ::google::protobuf::Struct;
using ::google::protobuf::Timestamp;
using rest::JsonView;

constexpr size_t kMaxBytes = size_t{64} << 20;

/// An attribute of the report and where it goes.
template <typename T>
struct Field {
  absl::string_view key;
  void (*set)(pb::Report&, T);
};

struct DateField {
  absl::string_view key;
  Timestamp* (pb::Report::*set)();
};

constexpr Field<int64_t> kIds[] = {
    {"inviteId", [](pb::Report& r, int64_t v) { r.set_invite_id(v); }},
    {"testId", [](pb::Report& r, int64_t v) { r.set_examination_id(v); }},
};
constexpr Field<absl::string_view> kTexts[] = {
    {"testName",
     [](pb::Report& r, absl::string_view v) { r.set_examination_name(v.data(), v.size()); }},
    {"email",
     [](pb::Report& r, absl::string_view v) { r.set_candidate_email(v.data(), v.size()); }},
    {"reportURL", [](pb::Report& r, absl::string_view v) { r.set_report_url(v.data(), v.size()); }},
    {"proctoringURL",
     [](pb::Report& r, absl::string_view v) { r.set_proctoring_url(v.data(), v.size()); }},
    {"status",
     [](pb::Report& r, absl::string_view v) { r.set_upstream_status(v.data(), v.size()); }},
};
constexpr Field<double> kNumbers[] = {
    {"score", [](pb::Report& r, double v) { r.set_score(v); }},
    {"totalScore", [](pb::Report& r, double v) { r.set_total_score(v); }},
    {"percentage", [](pb::Report& r, double v) { r.set_percentage(v); }},
};
constexpr DateField kDates[] = {
    {"testStartDate", &pb::Report::mutable_start_time},
    {"testEndDate", &pb::Report::mutable_end_time},
};

/// Reads each of `fields` with `get` and sets those that are there. Stops at the first error.
template <typename T, size_t N>
absl::Status Read(JsonView object, const Field<T> (&fields)[N],
                  absl::StatusOr<std::optional<T>> (*get)(JsonView, absl::string_view),
                  pb::Report& report) {
  for (const Field<T>& field : fields) {
    absl::StatusOr<std::optional<T>> value = get(object, field.key);
    if (!value.ok()) return value.status();
    if (value->has_value()) field.set(report, **std::move(value));
  }
  return absl::OkStatus();
}

absl::Status ReadDates(JsonView object, pb::Report& report) {
  for (const DateField& field : kDates) {
    const absl::StatusOr<std::optional<absl::string_view>> text =
        rest::OptionalText(object, field.key);
    if (!text.ok()) return text.status();
    if (!text->has_value()) continue;
    const absl::StatusOr<Timestamp> date = rest::ParseDateTime(**text);
    if (!date.ok()) return rest::Under(absl::StrCat(field.key, ": "), date.status());
    *(report.*field.set)() = *date;
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

void ReadMetadata(JsonView object, pb::Report& report) {
  const std::optional<JsonView> metadata = object.Find("metadata");
  if (!metadata) return;
  const bool empty_array = metadata->is_array() && metadata->empty();
  if (!metadata->is_object() && !empty_array) return;
  Struct& out = *report.mutable_metadata();
  if (!empty_array && !rest::FillStruct(*metadata, out)) report.clear_metadata();
}

}  // namespace

std::string EncodeReportRequest(int64_t invite_id) {
  return absl::StrCat("{\"inviteId\":", invite_id, "}");
}

absl::StatusOr<pb::Report> DecodeReport(absl::string_view body) {
  const absl::StatusOr<rest::ParsedJson> json = rest::ReadJsonObject(body, kMaxBytes);
  if (!json.ok()) return json.status();
  const JsonView object = json->root();
  if (object.Find("success") && !rest::IsSet(object, "inviteId")) {
    return absl::InvalidArgumentError("the body: expects a report, not an envelope");
  }
  absl::StatusOr<pb::Report> answer(absl::in_place);
  pb::Report& report = *answer;
  absl::Status status = Read(object, kIds, rest::OptionalId, report);
  if (status.ok()) status = Read(object, kTexts, rest::OptionalText, report);
  if (status.ok()) status = Read(object, kNumbers, rest::OptionalNumber, report);
  if (status.ok()) status = ReadDates(object, report);
  if (!status.ok()) return status;
  ReadOutcome(report);
  ReadMetadata(object, report);
  return answer;
}

}  // namespace gw::concero
