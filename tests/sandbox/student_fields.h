// The fields that a student session may be made or changed with.
//
// Thread safety: none.
#pragma once

#include <string>

#include "tests/sandbox/field_errors.h"
#include "tests/sandbox/json_text.h"

namespace sandbox {

class StudentFields {
 public:
  // Looks at each member of `body` (an object); what is wrong goes to `errors`, which outlives
  // this.
  StudentFields(const Json& body, FieldErrors* errors);

  // It must be there and not be empty.
  void Require(const std::string& name);

  // As they are kept: switches are true or false, open_time is a time.
  const Json& attributes() const { return attributes_; }

 private:
  void Read(const std::string& name, const Json& value);

  FieldErrors* const errors_;
  Json attributes_ = Json::object();
};

}  // namespace sandbox
