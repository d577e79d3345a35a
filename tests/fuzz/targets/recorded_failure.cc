// Failures as they come back from the ledger, perhaps written by another version.
#include <string>

#include "service/base/failure.h"
#include "service/ledger/recorded_failure_codec.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(recorded_failure) {
  const absl::Status failure = ledger::DecodeRecordedFailure(input);
  Expect(!failure.ok(), "a failure stays one");
  const std::string text = ledger::EncodeRecordedFailure(failure);
  Expect(IsJson(text), "it is recorded as JSON");
  const absl::Status again = ledger::DecodeRecordedFailure(text);
  Expect(again.code() == failure.code() && again.message() == failure.message() &&
             GetFailure(again) == GetFailure(failure),
         "what is recorded again is read as the same");
}

}  // namespace gw::fuzz
