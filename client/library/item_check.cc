#include "client/library/item_check.h"

#include <google/protobuf/stubs/common.h>

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "concero_gateway/fake_failure.h"

namespace concero {
namespace {

// More than any field may have, and far below what the gateway takes of a message (256 KiB).
constexpr size_t kMostOctets = size_t{32} << 10;

std::string ProblemOf(absl::string_view text) {
  if (text.size() > kMostOctets) return absl::StrCat("must have at most ", kMostOctets, " octets");
  const bool is_text = google::protobuf::internal::IsStructurallyValidUTF8(
      text.data(), static_cast<int>(text.size()));
  return is_text ? "" : "must be UTF-8";
}

absl::Status CheckField(const char* name, absl::string_view text, const std::string& request_id) {
  const std::string problem = ProblemOf(text);
  if (problem.empty()) return absl::OkStatus();
  FailureDetails details;
  if (!request_id.empty()) details.metadata["request_id"] = request_id;
  details.violations = {{name, problem}};
  absl::Status status(absl::StatusCode::kInvalidArgument, absl::StrCat(name, " ", problem));
  MakeFailure(gateway::v1::REASON_INVALID_FIELD, details)
      .ForEachPayload([&status](absl::string_view type, const absl::Cord& value) {
        status.SetPayload(type, value);
      });
  return status;
}

}  // namespace

absl::Status CheckItem(const Intent& intent) {
  const bool has_good_id = ProblemOf(intent.request_id()).empty();
  absl::Status status = CheckField("candidate_email", intent.candidate_email(),
                                   has_good_id ? intent.request_id() : "");
  if (status.ok()) status = CheckField("request_id", intent.request_id(), "");
  return status;
}

}  // namespace concero
