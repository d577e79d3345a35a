// The answer to `POST /allocate-candidate`, and our request.
#include "absl/strings/ascii.h"
#include "service/concero/allocation_codec.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(concero_allocation) {
  Expect(IsJson(concero::EncodeAllocation(1, input)), "the request is JSON whatever the address");
  const auto answer = concero::DecodeAllocation(input);
  if (!answer.ok()) return ExpectQuotesNothing(answer.status());
  Expect(answer->invite_id > 0 && answer->examination_id > 0, "an id is above 0");
  ExpectNoControls(answer->candidate_email);
  ExpectNoControls(answer->invite_link);
}

}  // namespace gw::fuzz
