// Fields of a message by the keys of the configuration file.
#pragma once

#include <google/protobuf/message.h>

#include "absl/strings/string_view.h"

namespace gw::app {

/// A field and the message it belongs to. Valid as long as that message is unchanged.
struct FieldRef {
  const google::protobuf::Message* owner = nullptr;
  const google::protobuf::FieldDescriptor* field = nullptr;

  /// False: a section above the field is absent.
  explicit operator bool() const { return owner != nullptr; }
  /// Whether the field has a value: present, or not empty where presence is not tracked.
  bool IsSet() const;
};

/// The field at `path`, such as `concero.retry.max_attempts`. Every part must be a field of its
/// message; a path that is not ends the process (paths are written in the program, never read).
/// Thread safety: pure.
FieldRef FindField(const google::protobuf::Message& message, absl::string_view path);

}  // namespace gw::app
