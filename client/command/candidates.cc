#include "client/command/candidates.h"

#include <google/protobuf/stubs/common.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/command/csv.h"

namespace concero::command {
namespace {

constexpr size_t kMostProblems = 10;
constexpr size_t kMostEmail = 254;
constexpr size_t kMostRequestId = 128;

bool IsUtf8(absl::string_view text) {
  return google::protobuf::internal::IsStructurallyValidUTF8(text.data(),
                                                             static_cast<int>(text.size()));
}

class Reader {
 public:
  Reader(absl::string_view name, int64_t examination_id, bool repeats)
      : name_(name), examination_id_(examination_id), repeats_(repeats) {}

  absl::StatusOr<std::vector<Candidate>> Read(absl::string_view text) {
    auto rows = ParseCsv(text);
    if (!rows.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(name_, ": ", rows.status().message()));
    }
    if (rows->empty()) return absl::InvalidArgumentError(absl::StrCat(name_, ": is empty"));
    if (absl::Status status = ReadHead(rows->front()); !status.ok()) return status;
    for (size_t i = 1; i < rows->size(); ++i) Take(static_cast<int>(i), (*rows)[i]);
    if (problems_.empty() && candidates_.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(name_, ": has no candidates"));
    }
    if (problems_.empty()) return std::move(candidates_);
    if (problems_.size() > kMostProblems) {
      const size_t more = problems_.size() - kMostProblems;
      problems_.resize(kMostProblems);
      problems_.push_back(absl::StrCat(name_, ": and ", more, " more"));
    }
    return absl::InvalidArgumentError(absl::StrJoin(problems_, "\n"));
  }

 private:
  absl::Status ReadHead(const std::vector<std::string>& head) {
    columns_ = head.size();
    for (size_t i = 0; i < head.size(); ++i) {
      const std::string name = absl::AsciiStrToLower(absl::StripAsciiWhitespace(head[i]));
      std::optional<size_t>* column = nullptr;
      if (name == "email" || name == "candidate_email") column = &email_;
      if (name == "examination_id") column = &examination_;
      if (name == "request_id") column = &request_;
      if (column == nullptr) continue;
      if (*column) {
        return absl::InvalidArgumentError(absl::StrCat(name_, ": has two columns `", name, "`"));
      }
      *column = i;
    }
    if (!email_) {
      return absl::InvalidArgumentError(
          absl::StrCat(name_, ": the first row must name the columns, and one of them `email`"));
    }
    if (!examination_ && examination_id_ == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          name_, ": has no column `examination_id`; add it, or name one examination by --exam"));
    }
    return absl::OkStatus();
  }

  static std::string Field(const std::vector<std::string>& row, std::optional<size_t> column) {
    if (!column || *column >= row.size()) return "";
    return std::string(absl::StripAsciiWhitespace(row[*column]));
  }

  static bool AreBlank(const std::vector<std::string>& row, size_t from) {
    return std::all_of(
        row.begin() + static_cast<ptrdiff_t>(std::min(from, row.size())), row.end(),
        [](const std::string& field) { return absl::StripAsciiWhitespace(field).empty(); });
  }

  void Take(int number, const std::vector<std::string>& row) {
    Candidate candidate{number, examination_id_, Field(row, email_), Field(row, request_)};
    const std::string examination = Field(row, examination_);
    if (AreBlank(row, 0)) return;
    // A comma that is not quoted would move what follows into other columns.
    if (!AreBlank(row, columns_)) {
      return Complain(number, "has more fields than the first row; quote those with commas");
    }
    if (candidate.email.empty()) Complain(number, "email: is empty");
    CheckText(number, "email", candidate.email, kMostEmail);
    CheckText(number, "request_id", candidate.request_id, kMostRequestId);
    if (!examination.empty() && (!absl::SimpleAtoi(examination, &candidate.examination_id) ||
                                 candidate.examination_id <= 0)) {
      return Complain(number, "examination_id: must be a number above 0");
    }
    if (candidate.examination_id <= 0) Complain(number, "examination_id: is empty");
    // An address in other letters is hardly another person's.
    const auto intent =
        std::make_pair(candidate.examination_id, absl::AsciiStrToLower(candidate.email));
    if (const auto [known, is_new] = intents_.emplace(intent, number); !is_new && !repeats_) {
      Complain(number, absl::StrCat("is the same candidate and examination as row ", known->second,
                                    "; two invitations? --allow-repeats"));
    }
    if (!candidate.request_id.empty()) {
      const auto [known, is_new] = ids_.emplace(candidate.request_id, number);
      if (!is_new) Complain(number, absl::StrCat("request_id: is that of row ", known->second));
    }
    candidates_.push_back(std::move(candidate));
  }

  void CheckText(int row, absl::string_view column, absl::string_view text, size_t most) {
    if (!IsUtf8(text)) {
      Complain(row, absl::StrCat(column, ": is not UTF-8; save the file as that"));
    } else if (text.size() > most) {
      Complain(row, absl::StrCat(column, ": is longer than ", most, " octets"));
    } else if (std::any_of(text.begin(), text.end(), absl::ascii_iscntrl)) {
      Complain(row, absl::StrCat(column, ": has control characters"));
    }
  }

  void Complain(int row, absl::string_view problem) {
    problems_.push_back(absl::StrCat(name_, ", row ", row, ": ", problem));
  }

  const absl::string_view name_;
  const int64_t examination_id_;
  const bool repeats_;
  size_t columns_ = 0;
  std::optional<size_t> email_, examination_, request_;
  std::vector<Candidate> candidates_;
  std::vector<std::string> problems_;
  std::map<std::pair<int64_t, std::string>, int> intents_;
  std::map<std::string, int> ids_;
};

}  // namespace

absl::StatusOr<std::vector<Candidate>> ReadCandidates(absl::string_view text,
                                                      absl::string_view name,
                                                      int64_t examination_id, bool repeats) {
  return Reader(name, examination_id, repeats).Read(text);
}

}  // namespace concero::command
