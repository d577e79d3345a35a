// Requests as callers send them: which message in the first byte, then its bytes.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "service/base/failure.h"
#include "service/concero/allocation_codec.h"
#include "service/proctorexam/validation.h"
#include "service/rpc/validation.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

namespace pb = google::protobuf;

// Unicode's, in UTF-8, found in another way than the rule that is tested does.
bool HasControl(absl::string_view text) {
  for (int c = 0; c < 0xA0; c = c == 0x1F ? 0x7F : c + 1) {
    const std::string control =
        c < 0x80 ? std::string(1, static_cast<char>(c)) : std::string{'\xC2', static_cast<char>(c)};
    if (absl::StrContains(text, control)) return true;
  }
  return false;
}

bool IsAddress(absl::string_view text) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  return trimmed.size() <= 254 && std::count(trimmed.begin(), trimmed.end(), '@') == 1 &&
         !absl::StartsWith(trimmed, "@") && !absl::EndsWith(trimmed, "@") &&
         trimmed.find_first_of(" \t,;:<>()[]\"\\") == absl::string_view::npos;
}

// Texts that go to an upstream, into the ledger or into a log line.
void ExpectCleanTexts(const pb::Message& message) {
  std::vector<const pb::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    const pb::Reflection& values = *message.GetReflection();
    if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      ExpectCleanTexts(values.GetMessage(message, field));
    }
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_STRING) continue;
    const std::string text = values.GetString(message, field);
    const std::string& name = field->name();
    if (name == "page_token" || name == "individual_info" || name == "caller") continue;
    Expect(!HasControl(text), "a text that is accepted has no control characters");
    // An update may make it empty.
    if (absl::EndsWith(name, "email") && !text.empty()) {
      Expect(IsAddress(text), "an address is one address");
    }
  }
}

bool IsFieldOf(const pb::Descriptor* message, absl::string_view path) {
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    if (message == nullptr) return false;
    const std::string name(part);
    const pb::FieldDescriptor* field = message->FindFieldByName(name);
    if (field == nullptr && message->FindOneofByName(name) == nullptr) return false;
    message = field == nullptr ? nullptr : field->message_type();
  }
  return true;
}

void ExpectRefusal(const absl::Status& status, const pb::Descriptor* message) {
  ExpectQuotesNothing(status);
  Expect(status.code() == absl::StatusCode::kInvalidArgument, "a refusal is INVALID_ARGUMENT");
  const Failure failure = GetFailure(status);
  Expect(failure.reason == Reason::kInvalidField, "a refusal is INVALID_FIELD");
  Expect(!failure.violations.empty(), "a refusal says which field");
  for (const FieldViolation& violation : failure.violations) {
    Expect(IsFieldOf(message, violation.field), "a violation names a field of the request");
    ExpectQuotesNothing(absl::UnknownError(violation.description));
  }
}

// The address arrives at Concero as it was given.
void ExpectSendable(const ::concero::v1::AllocateCandidateRequest& request) {
  const auto body = nlohmann::json::parse(
      concero::EncodeAllocation(request.examination_id(), request.candidate_email()));
  Expect(body["candidate_email"] == request.candidate_email(), "an address is sent as it is");
  Expect(body["examination_id"] == request.examination_id(), "an id is sent as it is");
}
void ExpectSendable(const pb::Message&) {}

template <class Request>
void Check(absl::string_view bytes) {
  using proctorexam::Validate;
  using rpc::Validate;
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const absl::Status status = Validate(request);
  if (!status.ok()) return ExpectRefusal(status, Request::descriptor());
  ExpectCleanTexts(request);
  ExpectSendable(request);
}

using Checker = void (*)(absl::string_view);
constexpr Checker kCheckers[] = {
    &Check<::concero::v1::AllocateCandidateRequest>,
    &Check<::concero::v1::CancelAllocationRequest>,
    &Check<::concero::v1::EraseCandidateRequest>,
    &Check<::concero::v1::GetAllocationRequest>,
    &Check<::concero::v1::GetReportRequest>,
    &Check<::concero::v1::ListAllocationsRequest>,
    &Check<::concero::v1::ListExaminationsRequest>,
    &Check<::concero::v1::ResolveAllocationRequest>,
    &Check<::proctorexam::v1::CreateStudentSessionRequest>,
    &Check<::proctorexam::v1::DeleteStudentSessionRequest>,
    &Check<::proctorexam::v1::GetStudentSessionRequest>,
    &Check<::proctorexam::v1::ListStudentSessionsRequest>,
    &Check<::proctorexam::v1::UpdateStudentSessionRequest>,
    // Behind the others: files of the corpus name them by their place.
    &Check<::concero::v1::WatchReportRequest>,
};

}  // namespace

FUZZ_TARGET(request_validation) {
  if (input.empty()) return;
  // Letters, so that the files of the corpus can be told apart.
  const size_t which = static_cast<unsigned char>(input.front() - 'a');
  kCheckers[which % std::size(kCheckers)](input.substr(1));
}

}  // namespace gw::fuzz
