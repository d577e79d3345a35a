#include "tests/sandbox/student_fields.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "tests/sandbox/student_sessions.h"

namespace sandbox {
namespace {

constexpr std::string_view kTexts[] = {"name", "email", "external_id", "individual_info"};
constexpr std::string_view kSwitches[] = {"is_individual_info_html", "skip_requirements"};
constexpr std::int64_t kLatest = 253'402'297'199;  // the end of 9999 where times are written

template <std::size_t N>
bool IsOneOf(const std::string& name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

StudentFields::StudentFields(const Json& body, FieldErrors* errors) : errors_(errors) {
  for (const auto& [name, value] : body.items()) Read(name, value);
}

void StudentFields::Read(const std::string& name, const Json& value) {
  if (IsOneOf(name, kTexts)) {
    if (!value.is_string()) return errors_->Add(name, "must be a String");
    attributes_[name] = value;
  } else if (IsOneOf(name, kSwitches)) {
    const auto number = value.is_number_unsigned() ? value.get<std::uint64_t>() : 2;
    if (!value.is_boolean() && number > 1) {
      return errors_->Add(name, "must be one of: true, false, 1, 0");
    }
    attributes_[name] = value == true || number == 1;
  } else if (name == "open_time") {
    const bool is_time = value.is_number_integer() && value >= 0 && value <= kLatest;
    if (!is_time) return errors_->Add(name, "must be a number");
    attributes_[name] = StudentSessions::TimeText(value.get<std::int64_t>() * 1000);
  } else {
    errors_->Add(name, "is not known");
  }
}

void StudentFields::Require(const std::string& name) {
  if (errors_->Has(name)) return;
  const auto found = attributes_.find(name);
  if (found == attributes_.end() || found->get_ref<const std::string&>().empty()) {
    errors_->Add(name, "can't be blank");
  }
}

}  // namespace sandbox
