// The fields that a student session may be made or changed with, and what is wrong with them in
// ProctorExam's words.
//
// Thread safety: none.
#pragma once

#include <string>
#include <string_view>

#include "tests/sandbox/http_message.h"
#include "tests/sandbox/json_text.h"

namespace sandbox {

class StudentFields {
 public:
  // Looks at each member of `body` (an object).
  explicit StudentFields(const Json& body);

  // It must be there and not be empty.
  void Require(const std::string& name);
  void AddError(const std::string& name, std::string_view message);

  bool ok() const { return errors_.empty(); }
  // As they are kept: switches are true or false, open_time is a time.
  const Json& attributes() const { return attributes_; }
  // 422 with the bare `{field: [message, ...]}`.
  Response Refusal() const;

 private:
  void Read(const std::string& name, const Json& value);

  Json attributes_ = Json::object();
  Json errors_ = Json::object();
};

}  // namespace sandbox
