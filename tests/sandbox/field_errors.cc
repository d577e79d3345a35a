#include "tests/sandbox/field_errors.h"

namespace sandbox {

void FieldErrors::Add(const std::string& name, std::string_view message) {
  errors_[name].push_back(message);
}

void FieldErrors::AddUnknown(const Json& parameters) {
  for (const auto& [name, value] : parameters.items()) Add(name, "is not known");
}

Response FieldErrors::Refusal() const { return JsonResponse(422, DumpJson(errors_)); }

}  // namespace sandbox
