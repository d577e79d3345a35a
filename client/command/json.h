// What programs read.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace concero::command {

/// Thread safety: pure functions. JSON as protobuf defines it: names in camelCase, 64-bit numbers
/// as texts, what is not set left out.
std::string JsonOf(const google::protobuf::Message& message);  ///< in one line
std::string PrettyJsonOf(const google::protobuf::Message& message);
/// `[…]`, an element a line.
template <class Messages>
std::string JsonOfAll(const Messages& messages) {
  std::string out = "[";
  for (const auto& message : messages) {
    out += out.size() == 1 ? "\n" : ",\n";
    out += JsonOf(message);
  }
  return out + (out.size() == 1 ? "]" : "\n]");
}

/// `{"error": {"code": …, "reason": …, "message": …, "requestId": …, "retryAfterSeconds": …,
/// "fields": {NAME: WHAT, …}}}`, in one line.
std::string JsonOfFailure(const absl::Status& status);
/// The same of bad usage: `code` is `USAGE`.
std::string JsonOfUsage(absl::string_view message);

/// An object of texts (quoted) and of what is JSON already, in one line.
class JsonObject {
 public:
  JsonObject& Text(absl::string_view key, absl::string_view value);
  JsonObject& Raw(absl::string_view key, absl::string_view json);
  std::string Finish() const;

 private:
  std::string inside_;
};

}  // namespace concero::command
