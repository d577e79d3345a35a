#include "service/rpc/validation.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/base/failure.h"

namespace gw::rpc {
namespace {

constexpr size_t kMaxRequestId = 128;
constexpr size_t kMaxEmail = 254;
constexpr size_t kMaxLocalPart = 64;
constexpr size_t kMaxLabel = 63;

class Violations {
 public:
  void Add(absl::string_view field, absl::string_view description) {
    list_.push_back({std::string(field), std::string(description)});
  }
  void ExpectId(absl::string_view field, int64_t id) {
    if (id <= 0) Add(field, "must be above 0");
  }
  absl::Status Result() const {
    if (list_.empty()) return absl::OkStatus();
    Failure failure;
    failure.reason = Reason::kInvalidField;
    failure.metadata = {{"field", list_.front().field}};
    failure.violations = list_;
    std::string message;
    for (const FieldViolation& v : list_) {
      absl::StrAppend(&message, message.empty() ? "" : "; ", v.field, ": ", v.description);
    }
    return MakeFailure(absl::StatusCode::kInvalidArgument, message, failure);
  }

 private:
  std::vector<FieldViolation> list_;
};

// Unicode's control characters, C1 included (U+0085 is a line break), in what is UTF-8.
bool HasControls(absl::string_view text) {
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (before == 0xC2 && byte >= 0x80 && byte < 0xA0) return true;
    before = byte;
  }
  return false;
}

// The length in characters of what protobuf has checked to be UTF-8.
size_t Characters(absl::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

bool IsAtomChar(unsigned char c) {
  return absl::ascii_isalnum(c) || c >= 0x80 ||
         absl::string_view("!#$%&'*+-/=?^_`{|}~").find(static_cast<char>(c)) !=
             absl::string_view::npos;
}

bool IsLocalPart(absl::string_view text) {
  if (text.empty() || text.size() > kMaxLocalPart) return false;
  for (const absl::string_view atom : absl::StrSplit(text, '.')) {
    if (atom.empty() || !std::all_of(atom.begin(), atom.end(), IsAtomChar)) return false;
  }
  return true;
}

bool IsHostName(absl::string_view text) {
  bool letters = false;
  for (const absl::string_view label : absl::StrSplit(text, '.')) {
    if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-') {
      return false;
    }
    for (const char c : label) {
      const auto byte = static_cast<unsigned char>(c);
      if (!absl::ascii_isalnum(byte) && c != '-' && byte < 0x80) return false;
      letters |= absl::ascii_isalpha(byte) || byte >= 0x80;
    }
  }
  return letters;
}

}  // namespace

bool IsEmail(absl::string_view text) {
  const size_t at = text.rfind('@');
  return at != absl::string_view::npos && text.size() <= kMaxEmail && !HasControls(text) &&
         IsLocalPart(text.substr(0, at)) && IsHostName(text.substr(at + 1));
}

bool IsRequestId(absl::string_view text) {
  return Characters(text) <= kMaxRequestId && !HasControls(text);
}

absl::Status Validate(const ::concero::v1::ListExaminationsRequest& request) {
  Violations violations;
  if (request.has_max_staleness()) {
    const auto& staleness = request.max_staleness();
    const bool mixed =
        (staleness.seconds() > 0 && staleness.nanos() < 0) || staleness.nanos() >= 1'000'000'000;
    if (staleness.seconds() < 0 || staleness.nanos() < 0 || mixed) {
      violations.Add("max_staleness", "must be a duration that is not negative");
    }
  }
  if (request.page_size() < 0) violations.Add("page_size", "must not be negative");
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::AllocateCandidateRequest& request) {
  Violations violations;
  violations.ExpectId("examination_id", request.examination_id());
  if (request.candidate_email().empty()) {
    violations.Add("candidate_email", "is required");
  } else if (!IsEmail(request.candidate_email())) {
    violations.Add("candidate_email",
                   absl::StrCat("must be an e-mail address of at most ", kMaxEmail,
                                " octets, without control characters"));
  }
  if (!IsRequestId(request.request_id())) {
    violations.Add("request_id", absl::StrCat("must be at most ", kMaxRequestId,
                                              " characters, without control characters"));
  }
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::CancelAllocationRequest& request) {
  Violations violations;
  violations.ExpectId("invite_id", request.invite_id());
  return violations.Result();
}

absl::Status Validate(const ::concero::v1::GetReportRequest& request) {
  Violations violations;
  violations.ExpectId("invite_id", request.invite_id());
  return violations.Result();
}

}  // namespace gw::rpc
