// Any JSON that somebody else wrote, and what open objects become.
#include <google/protobuf/struct.pb.h>

#include "service/rest/json_view.h"
#include "service/rest/struct_codec.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(json_values) {
  constexpr size_t kMaxBytes = 8192;
  const auto json = rest::ReadJson(input, kMaxBytes);
  if (!json.ok()) return ExpectQuotesNothing(json.status());
  Expect(input.size() <= kMaxBytes, "what is too long is refused");

  google::protobuf::Value value, read;
  if (!rest::FillValue(json->root(), value)) return;
  Expect(read.ParseFromString(value.SerializeAsString()), "a caller can read it");
}

}  // namespace gw::fuzz
