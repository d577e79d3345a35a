#include "service/app/field_path.h"

#include <google/protobuf/descriptor.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_split.h"

namespace gw::app {

bool FieldRef::IsSet() const {
  if (owner == nullptr) return false;
  const google::protobuf::Reflection* fields = owner->GetReflection();
  if (field->is_repeated()) return fields->FieldSize(*owner, field) > 0;
  return fields->HasField(*owner, field);
}

FieldRef FindField(const google::protobuf::Message& message, absl::string_view path) {
  const google::protobuf::Descriptor* type = message.GetDescriptor();
  FieldRef found{&message, nullptr};
  for (const absl::string_view name : absl::StrSplit(path, '.')) {
    if (found.field != nullptr) {
      type = found.field->message_type();
      if (type == nullptr) std::abort();
      found.owner = found.IsSet()
                        ? &found.owner->GetReflection()->GetMessage(*found.owner, found.field)
                        : nullptr;
    }
    found.field = type->FindFieldByName(std::string(name));
    if (found.field == nullptr) std::abort();
  }
  return found;
}

}  // namespace gw::app
