#include "service/rest/struct_codec.h"

#include <string>

namespace gw::rest {
namespace {

using ::google::protobuf::ListValue;
using ::google::protobuf::Struct;
using ::google::protobuf::Value;

bool Fill(JsonView json, int levels, Value& value);

bool Fill(JsonView object, int levels, Struct& out) {
  if (levels == 0) return false;
  auto& fields = *out.mutable_fields();
  for (const JsonView member : object) {
    if (!Fill(member, levels - 1, fields[std::string(member.key())])) return false;
  }
  return true;
}

bool Fill(JsonView array, int levels, ListValue& out) {
  if (levels == 0) return false;
  for (const JsonView element : array) {
    if (!Fill(element, levels - 1, *out.add_values())) return false;
  }
  return true;
}

bool Fill(JsonView json, int levels, Value& value) {
  if (json.is_object()) return Fill(json, levels, *value.mutable_struct_value());
  if (json.is_array()) return Fill(json, levels, *value.mutable_list_value());
  if (json.is_string()) {
    value.set_string_value(json.text().data(), json.text().size());
  } else if (json.is_boolean()) {
    value.set_bool_value(json.boolean());
  } else if (json.is_number()) {
    value.set_number_value(json.number());
  } else {
    value.set_null_value(::google::protobuf::NULL_VALUE);
  }
  return true;
}

}  // namespace

bool FillStruct(JsonView object, Struct& out) { return Fill(object, kMaxStructDepth, out); }

bool FillValue(JsonView json, Value& out) { return Fill(json, kMaxStructDepth, out); }

}  // namespace gw::rest
