// Concero's failure envelope: it decides whether an allocation failed or is in doubt.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/concero/allocation_codec.h"
#include "service/concero/failure_codec.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(concero_failure) {
  if (!concero::HasFailureEnvelope(input)) return;
  Expect(IsJson(input), "an envelope is JSON, whole");
  Expect(absl::StrContains(input, "false"), "an envelope says false");
  Expect(!concero::HasFailureEnvelope(input.substr(0, input.rfind('}'))), "a cut one is none");
  Expect(!concero::HasFailureEnvelope(absl::StrCat(input, "x")), "one with more behind is none");
  Expect(!concero::DecodeAllocation(input).ok(), "it is a failure or a success, not both");
}

}  // namespace gw::fuzz
