// What is wrong with the parameters of a request, in ProctorExam's words.
//
// Thread safety: none.
#pragma once

#include <string>
#include <string_view>

#include "tests/sandbox/http_message.h"
#include "tests/sandbox/json_text.h"

namespace sandbox {

class FieldErrors {
 public:
  void Add(const std::string& name, std::string_view message);
  // `parameters` is an object; every one of it is an error.
  void AddUnknown(const Json& parameters);

  bool empty() const { return errors_.empty(); }
  bool Has(const std::string& name) const { return errors_.contains(name); }
  // 422 with the bare `{field: [message, ...]}`.
  Response Refusal() const;

 private:
  Json errors_ = Json::object();
};

}  // namespace sandbox
