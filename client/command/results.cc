#include "client/command/results.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/command/csv.h"
#include "client/command/exit_code.h"
#include "client/command/json.h"
#include "concero_gateway/failure.h"

namespace concero::command {
namespace {

constexpr std::array<const char*, 9> kOutcomes = {
    "",         "succeeded", "replayed", "cancelled", "refused", "not_allowed", "unavailable",
    "in_doubt", "failed"};

constexpr std::array<const char*, 9> kColumns = {"row",         "examination_id", "email",
                                                 "request_id",  "outcome",        "invite_id",
                                                 "invite_link", "reason",         "message"};
using Fields = std::array<std::string, kColumns.size()>;

std::string NumberOrNothing(int64_t number) { return number == 0 ? "" : absl::StrCat(number); }

Fields FieldsOf(const Result& r) {
  return {absl::StrCat(r.candidate.row),
          absl::StrCat(r.candidate.examination_id),
          r.candidate.email,
          r.candidate.request_id,
          OutcomeName(r.outcome),
          NumberOrNothing(r.invite_id),
          r.invite_link,
          r.reason,
          r.message};
}

bool Parse(const std::string& text, int64_t* number) {
  *number = 0;
  return text.empty() || (absl::SimpleAtoi(text, number) && *number >= 0);
}

absl::StatusOr<Result> FromFields(const Fields& fields) {
  Result r;
  int64_t row = 0;
  if (!Parse(fields[0], &row) || row == 0 || row > std::numeric_limits<int>::max() ||
      !Parse(fields[1], &r.candidate.examination_id) || !Parse(fields[5], &r.invite_id) ||
      fields[2].empty() || fields[3].empty()) {
    return absl::InvalidArgumentError("is no result");
  }
  r.candidate.row = static_cast<int>(row);
  r.candidate.email = fields[2];
  r.candidate.request_id = fields[3];
  const auto* const outcome = std::find(kOutcomes.begin(), kOutcomes.end(), fields[4]);
  if (outcome == kOutcomes.end()) return absl::InvalidArgumentError("has an unknown outcome");
  r.outcome = static_cast<Outcome>(outcome - kOutcomes.begin());
  r.invite_link = fields[6];
  r.reason = fields[7];
  r.message = fields[8];
  return r;
}

absl::StatusOr<Result> DecodeCsvRow(const std::vector<std::string>& row) {
  Fields fields;
  if (row.size() != fields.size()) return absl::InvalidArgumentError("has not all columns");
  std::copy(row.begin(), row.end(), fields.begin());
  return FromFields(fields);
}

absl::StatusOr<Result> DecodeJsonLine(absl::string_view line) {
  google::protobuf::Struct object;
  if (!google::protobuf::util::JsonStringToMessage(std::string(line), &object).ok()) {
    return absl::InvalidArgumentError("is no JSON object");
  }
  Fields fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto found = object.fields().find(kColumns[i]);
    if (found == object.fields().end()) continue;
    fields[i] = found->second.has_number_value()
                    ? absl::StrCat(static_cast<int64_t>(found->second.number_value()))
                    : found->second.string_value();
  }
  return FromFields(fields);
}

}  // namespace

std::string OutcomeName(Outcome outcome) { return kOutcomes[static_cast<size_t>(outcome)]; }

bool IsOpen(Outcome outcome) {
  return outcome == Outcome::kNone || outcome == Outcome::kUnavailable ||
         outcome == Outcome::kInDoubt;
}

// Each failure of an allocation carries its id, also those before anything was sent.
bool IsAboutIt(const absl::StatusOr<v1::AllocateCandidateResponse>& answer) {
  return answer.ok() || !MetadataOf(answer.status(), "request_id").empty();
}

Result ResultOf(const Candidate& candidate,
                const absl::StatusOr<v1::AllocateCandidateResponse>& answer) {
  Result result;
  result.candidate = candidate;
  if (answer.ok()) {
    const v1::Allocation& allocation = answer->allocation();
    result.outcome = answer->replayed() ? Outcome::kReplayed : Outcome::kSucceeded;
    if (allocation.state() == v1::ALLOCATION_STATE_CANCELLED) result.outcome = Outcome::kCancelled;
    result.invite_id = allocation.invite_id();
    result.invite_link = allocation.invite_link();
    return result;
  }
  const absl::Status& status = answer.status();
  switch (ExitCodeOf(status)) {
    case kRefused:
      result.outcome = Outcome::kRefused;
      break;
    case kNotAllowed:
      result.outcome = Outcome::kNotAllowed;
      break;
    case kUnavailable:
      // What is under way has left, and may be an invitation by now.
      result.outcome = ReasonOf(status) == gateway::v1::REASON_ALLOCATION_IN_PROGRESS
                           ? Outcome::kNone
                           : Outcome::kUnavailable;
      break;
    case kInDoubt:
      result.outcome = Outcome::kInDoubt;
      break;
    default:
      result.outcome = Outcome::kFailed;
  }
  result.reason = ReasonName(ReasonOf(status));
  if (result.reason.empty()) result.reason = absl::StatusCodeToString(status.code());
  result.message = std::string(status.message());
  // One line each.
  std::replace_if(result.message.begin(), result.message.end(), absl::ascii_iscntrl, ' ');
  return result;
}

Format FormatOf(absl::string_view path) {
  const bool json = absl::EndsWithIgnoreCase(path, ".json") ||
                    absl::EndsWithIgnoreCase(path, ".jsonl") ||
                    absl::EndsWithIgnoreCase(path, ".ndjson");
  return json ? Format::kJsonLines : Format::kCsv;
}

std::string ResultsHead(Format format) {
  return format == Format::kCsv ? CsvRow({kColumns.begin(), kColumns.end()}) : "";
}

std::string EncodeResult(const Result& result, Format format) {
  const Fields fields = FieldsOf(result);
  if (format == Format::kCsv) return CsvRow({fields.begin(), fields.end()});
  JsonObject object;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].empty()) continue;
    if (i == 0) {
      object.Raw(kColumns[i], fields[i]);
    } else {
      object.Text(kColumns[i], fields[i]);
    }
  }
  return object.Finish() + "\n";
}

absl::StatusOr<std::vector<Result>> DecodeResults(absl::string_view text, Format format) {
  // What was written when the program was killed ends nowhere.
  text = text.substr(0, text.rfind('\n') + 1);
  std::vector<Result> results;
  const auto take = [&](absl::StatusOr<Result> result) {
    if (!result.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", results.size() + 1, " ", result.status().message()));
    }
    results.push_back(*std::move(result));
    return absl::OkStatus();
  };
  if (format == Format::kCsv) {
    auto rows = ParseCsv(text);
    if (!rows.ok()) return rows.status();
    if (rows->empty() ||
        !std::equal(rows->front().begin(), rows->front().end(), kColumns.begin(), kColumns.end())) {
      return absl::InvalidArgumentError("is no file of results");
    }
    rows->erase(rows->begin());
    for (const auto& row : *rows) {
      if (absl::Status status = take(DecodeCsvRow(row)); !status.ok()) return status;
    }
    return results;
  }
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (absl::Status status = take(DecodeJsonLine(line)); !status.ok()) return status;
  }
  return results;
}

}  // namespace concero::command
