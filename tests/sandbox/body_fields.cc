#include "tests/sandbox/body_fields.h"

#include <algorithm>
#include <limits>

namespace sandbox {
namespace {

// "candidate_email" is written "candidate email" in messages.
std::string Spoken(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return "The " + name + " field ";
}

bool IsEmail(const std::string& text) {
  const auto at = text.find('@');
  return at != std::string::npos && at != 0 && at + 1 != text.size() && at == text.rfind('@') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte != 0x7f;
         });
}

}  // namespace

const Json* BodyFields::Required(const std::string& name) {
  known_.insert(name);
  const auto member = body_.find(name);
  if (member == body_.end() || member->is_null()) {
    AddError(name, Spoken(name) + "is required.");
    return nullptr;
  }
  return &*member;
}

std::int64_t BodyFields::Integer(const std::string& name) {
  const Json* const member = Required(name);
  if (member == nullptr) return 0;
  const bool fits = !member->is_number_unsigned() ||
                    member->get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
  if (!member->is_number_integer() || !fits) {
    AddError(name, Spoken(name) + "must be an integer.");
    return 0;
  }
  return member->get<std::int64_t>();
}

std::string BodyFields::Email(const std::string& name) {
  const Json* const member = Required(name);
  if (member == nullptr) return "";
  if (!member->is_string()) {
    AddError(name, Spoken(name) + "must be a string.");
    return "";
  }
  auto text = member->get<std::string>();
  if (!IsEmail(text)) {
    AddError(name, Spoken(name) + "must be a valid email address.");
    return "";
  }
  return text;
}

void BodyFields::AddError(const std::string& name, std::string_view message) {
  if (first_message_.empty()) first_message_ = message;
  errors_[name].push_back(message);
}

void BodyFields::RefuseOthers() {
  for (const auto& [name, value] : body_.items()) {
    if (!known_.contains(name)) AddError(name, Spoken(name) + "is not known.");
  }
}

Response BodyFields::Refusal() const {
  return JsonResponse(422, DumpJson({{"message", first_message_}, {"errors", errors_}}));
}

}  // namespace sandbox
