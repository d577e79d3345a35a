#include "service/app/yaml_reader.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/config/v1/config.pb.h"
#include "service/app/did_you_mean.h"
#include "service/app/units.h"
#include "service/app/yaml_tree.h"

namespace gw::app {
namespace {

namespace pb = google::protobuf;
using gateway::config::v1::ByteSize;
using Kind = YamlNode::Kind;

// An integer as YAML 1.2 writes it; without leading zeros, which YAML 1.1 takes for octal.
bool ReadInteger(absl::string_view text, int64_t* number) {
  const absl::string_view digits = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return false;
  for (const char c : digits) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return absl::SimpleAtoi(text, number);
}

bool ReadNumber(absl::string_view text, double* number) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(c) && c != '.' && c != '-' && c != '+' && c != 'e') return false;
  }
  return absl::SimpleAtod(text, number) && std::isfinite(*number);
}

bool HasControlCharacter(absl::string_view text) {
  for (const char c : text) {
    if (absl::ascii_iscntrl(c)) return true;
  }
  return false;
}

class Reader {
 public:
  Reader(absl::string_view name, KeyLines* lines) : name_(name), lines_(lines) {}

  absl::Status ReadMessage(const YamlNode& node, const std::string& path, pb::Message* out) {
    if (node.kind == Kind::kNull) return absl::OkStatus();
    if (node.kind != Kind::kMapping) {
      return Refuse(node.line, path, "expects keys with values, such as `log: {level: info}`");
    }
    std::set<std::string> seen;
    for (const YamlEntry& entry : node.entries) {
      const std::string at = Join(path, entry.key);
      const pb::FieldDescriptor* field = out->GetDescriptor()->FindFieldByName(entry.key);
      if (field == nullptr) return UnknownKey(entry, at, *out->GetDescriptor());
      if (!seen.insert(entry.key).second) return Refuse(entry.line, at, "is written twice");
      Note(at, entry.line);
      if (absl::Status status = ReadField(entry.value, at, field, out); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadField(const YamlNode& node, const std::string& path,
                         const pb::FieldDescriptor* field, pb::Message* out) {
    if (!field->is_repeated()) return ReadValue(node, path, field, out);
    out->GetReflection()->ClearField(out, field);
    if (field->is_map()) return ReadMap(node, path, field, out);
    if (node.kind != Kind::kSequence)
      return Refuse(node.line, path, "expects a list such as [a, b]");
    for (const YamlNode& item : node.items) {
      if (absl::Status status = ReadValue(item, path, field, out); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadMap(const YamlNode& node, const std::string& path,
                       const pb::FieldDescriptor* field, pb::Message* out) {
    if (node.kind == Kind::kNull) return absl::OkStatus();
    if (node.kind != Kind::kMapping) return Refuse(node.line, path, "expects names with values");
    if (field->message_type()->map_key()->cpp_type() != pb::FieldDescriptor::CPPTYPE_STRING) {
      return UnsupportedField(field);
    }
    std::set<std::string> seen;
    for (const YamlEntry& entry : node.entries) {
      const std::string at = Join(path, entry.key);
      if (entry.key.empty() || HasControlCharacter(entry.key)) {
        return Refuse(entry.line, at, "expects a name without control characters");
      }
      if (!seen.insert(entry.key).second) return Refuse(entry.line, at, "is written twice");
      Note(at, entry.line);
      pb::Message* pair = out->GetReflection()->AddMessage(out, field);
      pair->GetReflection()->SetString(pair, field->message_type()->map_key(), entry.key);
      const pb::FieldDescriptor* value = field->message_type()->map_value();
      if (absl::Status status = ReadValue(entry.value, at, value, pair); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  // Sets a singular field, or adds one element to a repeated one.
  absl::Status ReadValue(const YamlNode& node, const std::string& path,
                         const pb::FieldDescriptor* field, pb::Message* out) {
    const pb::Reflection* fields = out->GetReflection();
    const bool add = field->is_repeated();
    const bool plain = node.kind == Kind::kScalar && !node.quoted;
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE: {
        pb::Message* value =
            add ? fields->AddMessage(out, field) : fields->MutableMessage(out, field);
        if (auto* duration = pb::DynamicCastToGenerated<pb::Duration>(value)) {
          return ReadDuration(node, path, duration);
        }
        if (auto* size = pb::DynamicCastToGenerated<ByteSize>(value)) {
          return ReadSize(node, path, size);
        }
        return ReadMessage(node, path, value);
      }
      case pb::FieldDescriptor::CPPTYPE_STRING:
        if (field->type() != pb::FieldDescriptor::TYPE_STRING) return UnsupportedField(field);
        if (node.kind != Kind::kScalar) return Refuse(node.line, path, "expects a text");
        if (HasControlCharacter(node.text)) {
          return Refuse(node.line, path, "expects one line of text without control characters");
        }
        add ? fields->AddString(out, field, node.text) : fields->SetString(out, field, node.text);
        return absl::OkStatus();
      case pb::FieldDescriptor::CPPTYPE_BOOL: {
        if (!plain || (node.text != "true" && node.text != "false")) {
          return Refuse(node.line, path, "expects true or false");
        }
        const bool value = node.text == "true";
        add ? fields->AddBool(out, field, value) : fields->SetBool(out, field, value);
        return absl::OkStatus();
      }
      case pb::FieldDescriptor::CPPTYPE_INT32:
      case pb::FieldDescriptor::CPPTYPE_INT64: {
        const bool narrow = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_INT32;
        int64_t value = 0;
        if (!plain || !ReadInteger(node.text, &value) ||
            (narrow && value != static_cast<int32_t>(value))) {
          return Refuse(node.line, path,
                        absl::StrCat("expects a whole number of ", narrow ? 32 : 64, " bits"));
        }
        if (narrow) {
          const auto small = static_cast<int32_t>(value);
          add ? fields->AddInt32(out, field, small) : fields->SetInt32(out, field, small);
        } else {
          add ? fields->AddInt64(out, field, value) : fields->SetInt64(out, field, value);
        }
        return absl::OkStatus();
      }
      case pb::FieldDescriptor::CPPTYPE_DOUBLE: {
        double value = 0;
        if (!plain || !ReadNumber(node.text, &value)) {
          return Refuse(node.line, path, "expects a number");
        }
        add ? fields->AddDouble(out, field, value) : fields->SetDouble(out, field, value);
        return absl::OkStatus();
      }
      default:
        return UnsupportedField(field);
    }
  }

  absl::Status ReadDuration(const YamlNode& node, const std::string& path, pb::Duration* out) {
    const auto value = ParseDurationText(node.kind == Kind::kScalar ? node.text : "");
    if (!value.ok()) return Refuse(node.line, path, value.status().message());
    absl::Duration rest = *value;
    out->set_seconds(absl::IDivDuration(rest, absl::Seconds(1), &rest));
    out->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
    return absl::OkStatus();
  }

  absl::Status ReadSize(const YamlNode& node, const std::string& path, ByteSize* out) {
    const auto value = ParseSizeText(node.kind == Kind::kScalar ? node.text : "");
    if (!value.ok()) return Refuse(node.line, path, value.status().message());
    out->set_bytes(*value);
    return absl::OkStatus();
  }

  absl::Status UnknownKey(const YamlEntry& entry, const std::string& path,
                          const pb::Descriptor& message) const {
    std::vector<std::string> names;
    for (int i = 0; i < message.field_count(); ++i) names.push_back(message.field(i)->name());
    const std::string closest = ClosestName(entry.key, names);
    return Refuse(entry.line, path,
                  closest.empty()
                      ? absl::StrCat("unknown key; allowed here: ", absl::StrJoin(names, ", "))
                      : absl::StrCat("unknown key; did you mean \"", closest, "\"?"));
  }

  absl::Status UnsupportedField(const pb::FieldDescriptor* field) const {
    return absl::InternalError(absl::StrCat(field->full_name(), " has a type that is not read"));
  }

  absl::Status Refuse(int line, const std::string& path, absl::string_view why) const {
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ":", line, ": ", path, path.empty() ? "" : ": ", why));
  }

  // Keys come from the text, so they are kept short and to one line.
  static std::string Join(const std::string& path, absl::string_view key) {
    return absl::StrCat(path, path.empty() ? "" : ".", absl::CHexEscape(key.substr(0, 64)));
  }

  void Note(const std::string& path, int line) {
    if (lines_ != nullptr) lines_->emplace(path, line);
  }

  const absl::string_view name_;
  KeyLines* const lines_;
};

}  // namespace

absl::Status ReadYaml(absl::string_view text, absl::string_view name, pb::Message* message,
                      KeyLines* lines) {
  const auto tree = ParseYamlTree(text, name);
  if (!tree.ok()) return tree.status();
  return Reader(name, lines).ReadMessage(*tree, "", message);
}

}  // namespace gw::app
