// Reads the documented fields of a request body and says what is wrong with it as Laravel does.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "tests/sandbox/http_message.h"
#include "tests/sandbox/json_text.h"

namespace sandbox {

class BodyFields {
 public:
  // `body` is a JSON object and outlives this.
  explicit BodyFields(const Json& body) : body_(body) {}

  // A required field; 0 or "" when it is missing or has another type, which is then an error.
  // An integer is a JSON integer: neither "119" nor 119.0.
  std::int64_t Integer(const std::string& name);
  // One @ with something on both sides, no spaces and no control characters.
  std::string Email(const std::string& name);

  void AddError(const std::string& name, std::string_view message);
  // Every member that was not asked for is an error. Call it last.
  void RefuseOthers();

  bool ok() const { return errors_.empty(); }
  // 422 with `{"message", "errors": {field: [message]}}`.
  Response Refusal() const;

 private:
  // nullptr, and an error, when `name` is missing or null.
  const Json* Required(const std::string& name);

  const Json& body_;
  std::set<std::string> known_;
  Json errors_ = Json::object();
  std::string first_message_;
};

}  // namespace sandbox
