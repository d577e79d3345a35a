#include "service/app/config_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/app/units.h"

namespace gw::app {
namespace {

namespace pb = google::protobuf;
using gateway::config::v1::ByteSize;

std::string WithoutSecrets(absl::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme == absl::string_view::npos) return std::string(text);
  std::string shown(text.substr(0, text.find_first_of("?#")));
  const size_t host = scheme + 3;
  const size_t at = shown.rfind('@', shown.find('/', host));
  if (at != std::string::npos && at >= host) shown.erase(host, at + 1 - host);
  return shown.size() < text.size() && absl::StrContains(text, '?') ? shown + "?…" : shown;
}

// In double quotes, so that it can only be text. Values have no control characters (yaml_reader.h).
std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// Of the two that suffice for what people write, and for every number.
std::string NumberText(double number) {
  std::string text = absl::StrFormat("%.15g", number);
  double read = 0;
  if (absl::SimpleAtod(text, &read) && read == number) return text;
  return absl::StrFormat("%.17g", number);
}

class Writer {
 public:
  std::string Take() { return std::move(text_); }

  void WriteMessage(const pb::Message& message, int depth) {
    std::vector<const pb::FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const pb::FieldDescriptor* field : fields) WriteField(message, field, depth);
  }

 private:
  void Key(const std::string& key, int depth) {
    absl::StrAppend(&text_, std::string(static_cast<size_t>(2 * depth), ' '), key, ":");
  }

  void WriteSection(const pb::Message& message, int depth) {
    const size_t before = text_.size();
    text_ += "\n";
    WriteMessage(message, depth + 1);
    if (text_.size() == before + 1) text_.insert(before, " {}");
  }

  void WriteField(const pb::Message& message, const pb::FieldDescriptor* field, int depth) {
    Key(field->name(), depth);
    const pb::Reflection& reflection = *message.GetReflection();
    if (field->is_map()) {
      text_ += "\n";
      WriteMap(message, field, depth + 1);
    } else if (field->is_repeated()) {
      text_ += " [";
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        absl::StrAppend(&text_, i > 0 ? ", " : "",
                        Quoted(reflection.GetRepeatedString(message, field, i)));
      }
      text_ += "]\n";
    } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      WriteValue(reflection.GetMessage(message, field), depth);
    } else {
      absl::StrAppend(&text_, " ", Scalar(message, field), "\n");
    }
  }

  // By name, as a map has no order of its own.
  void WriteMap(const pb::Message& message, const pb::FieldDescriptor* field, int depth) {
    const pb::Reflection& reflection = *message.GetReflection();
    std::map<std::string, const pb::Message*> entries;
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      const pb::Message& entry = reflection.GetRepeatedMessage(message, field, i);
      const pb::Descriptor& type = *entry.GetDescriptor();
      entries[entry.GetReflection()->GetString(entry, type.map_key())] =
          &entry.GetReflection()->GetMessage(entry, type.map_value());
    }
    for (const auto& [name, value] : entries) {
      Key(Quoted(name), depth);
      WriteValue(*value, depth);
    }
  }

  void WriteValue(const pb::Message& value, int depth) {
    if (value.GetDescriptor() == pb::Duration::descriptor()) {
      const auto& duration = static_cast<const pb::Duration&>(value);
      absl::StrAppend(
          &text_, " ",
          DurationText(absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos())),
          "\n");
    } else if (value.GetDescriptor() == ByteSize::descriptor()) {
      absl::StrAppend(&text_, " ", SizeText(static_cast<const ByteSize&>(value).bytes()), "\n");
    } else {
      WriteSection(value, depth);
    }
  }

  static std::string Scalar(const pb::Message& message, const pb::FieldDescriptor* field) {
    const pb::Reflection& reflection = *message.GetReflection();
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return reflection.GetBool(message, field) ? "true" : "false";
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return absl::StrCat(reflection.GetInt32(message, field));
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        return NumberText(reflection.GetDouble(message, field));
      default:
        return Quoted(WithoutSecrets(reflection.GetString(message, field)));
    }
  }

  std::string text_;
};

}  // namespace

std::string ConfigText(const gateway::config::v1::Config& config) {
  Writer writer;
  writer.WriteMessage(config, 0);
  return writer.Take();
}

}  // namespace gw::app
