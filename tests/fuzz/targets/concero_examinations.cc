// The answer to `GET /examinations`.
#include <cstdint>
#include <set>

#include "service/concero/examinations_codec.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(concero_examinations) {
  const auto list = concero::DecodeExaminations(input);
  if (!list.ok()) return ExpectQuotesNothing(list.status());
  std::set<int64_t> ids;
  for (const auto& examination : *list) {
    Expect(examination.id() > 0, "an id is above 0");
    Expect(ids.insert(examination.id()).second, "an id is there once");
    concero::pb::Examination again;
    Expect(again.ParseFromString(examination.SerializeAsString()), "a caller can read it");
  }
}

}  // namespace gw::fuzz
