// Bodies of a 422.
#include "service/rest/rejection_codec.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

absl::string_view OurField(absl::string_view theirs) {
  if (theirs == "email" || theirs == "mail") return "email";
  return theirs == "name" ? "name" : "";
}

}  // namespace

FUZZ_TARGET(rejection) {
  const rest::Rejection rejection = rest::DecodeRejection(input, &OurField);
  Expect(rejection.violations.size() <= 2, "a field of ours is named once");
  Expect(rejection.unmapped >= 0, "a count is not negative");
  Expect(!rejection.already_taken || !rejection.violations.empty(), "what is taken is a field");
  for (const FieldViolation& violation : rejection.violations) {
    Expect(violation.field == "email" || violation.field == "name", "a field is one of ours");
    Expect(violation.description == "refused by the upstream", "a description is a text of ours");
  }
  const rest::Rejection none = rest::DecodeRejection(input, nullptr);
  Expect(none.violations.empty(), "without fields of ours nothing is violated");
}

}  // namespace gw::fuzz
