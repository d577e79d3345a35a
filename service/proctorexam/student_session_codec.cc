#include "service/proctorexam/student_session_codec.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/rest/date_time.h"
#include "service/rest/json_codec.h"
#include "service/rest/struct_codec.h"

namespace gw::proctorexam {
namespace {

using ::google::protobuf::FieldDescriptor;
using rest::JsonView;

// Above any response cap that makes sense; rest::kMaxJsonValues bounds the memory.
constexpr size_t kMaxBytes = size_t{64} << 20;

bool SetIntegers(JsonView json, const FieldDescriptor* field, pb::StudentSession& session) {
  const auto is_integer = [](JsonView element) { return element.integer().has_value(); };
  if (!json.is_array() || !std::all_of(json.begin(), json.end(), is_integer)) return false;
  for (const JsonView element : json) {
    session.GetReflection()->AddInt64(&session, field, *element.integer());
  }
  return true;
}

bool SetTime(JsonView json, const FieldDescriptor* field, pb::StudentSession& session) {
  if (!json.is_string()) return false;
  const auto time = rest::ParseDateTime(json.text());
  if (!time.ok()) return false;
  session.GetReflection()->MutableMessage(&session, field)->CopyFrom(*time);
  return true;
}

// False when `json` is not of the field's kind.
bool SetField(JsonView json, const FieldDescriptor* field, pb::StudentSession& session) {
  const google::protobuf::Reflection& fields = *session.GetReflection();
  if (field->is_repeated()) return SetIntegers(json, field, session);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetTime(json, field, session);
    case FieldDescriptor::CPPTYPE_STRING:
      if (!json.is_string()) return false;
      fields.SetString(&session, field, std::string(json.text()));
      return true;
    case FieldDescriptor::CPPTYPE_INT64:
      if (!json.integer()) return false;
      fields.SetInt64(&session, field, *json.integer());
      return true;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      if (!json.is_number()) return false;
      fields.SetDouble(&session, field, json.number());
      return true;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (!json.is_boolean()) return false;
      fields.SetBool(&session, field, json.boolean());
      return true;
    default:
      return false;
  }
}

pb::StudentSession Read(JsonView object) {
  pb::StudentSession session;
  for (const JsonView json : object) {
    if (json.is_null()) continue;
    const std::string name(json.key());
    const FieldDescriptor* field = pb::StudentSession::descriptor()->FindFieldByName(name);
    const bool has_a_field =
        field != nullptr && field->number() != pb::StudentSession::kExtraFieldNumber;
    if (has_a_field && SetField(json, field, session)) continue;
    google::protobuf::Value value;
    if (!rest::FillValue(json, value)) continue;
    (*session.mutable_extra()->mutable_fields())[name] = std::move(value);
  }
  return session;
}

}  // namespace

absl::StatusOr<pb::StudentSession> DecodeStudentSession(absl::string_view body) {
  const absl::StatusOr<rest::ParsedJson> json = rest::ReadJsonObject(body, kMaxBytes);
  if (!json.ok()) return json.status();
  const absl::StatusOr<JsonView> student = rest::RequiredObject(json->root(), "student");
  if (!student.ok()) return student.status();
  return Read(*student);
}

absl::StatusOr<std::vector<pb::StudentSession>> DecodeStudentSessions(absl::string_view body) {
  const absl::StatusOr<rest::ParsedJson> json = rest::ReadJsonObject(body, kMaxBytes);
  if (!json.ok()) return json.status();
  const std::optional<JsonView> students = json->root().Find("students");
  if (!students || !students->is_array()) {
    return absl::InvalidArgumentError("students: expects an array");
  }
  std::vector<pb::StudentSession> sessions;
  sessions.reserve(students->size());
  for (const JsonView student : *students) {
    if (!student.is_object()) {
      return absl::InvalidArgumentError(
          absl::StrCat("students[", sessions.size(), "]: expects an object"));
    }
    sessions.push_back(Read(student));
  }
  return sessions;
}

}  // namespace gw::proctorexam
