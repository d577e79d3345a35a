// The answer to `POST /cancel-allocation`.
#include "service/concero/allocation_codec.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(concero_cancellation) {
  const auto answer = concero::DecodeCancellation(input);
  if (!answer.ok()) return ExpectQuotesNothing(answer.status());
  Expect(answer->invite_id > 0, "an id is above 0");
  ExpectNoControls(answer->status);
}

}  // namespace gw::fuzz
