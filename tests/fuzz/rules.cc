#include "tests/fuzz/rules.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

bool IsJson(absl::string_view text) { return nlohmann::json::accept(text.begin(), text.end()); }

void ExpectNoControls(absl::string_view text) {
  Expect(std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return absl::ascii_iscntrl(c); }),
         "a text has no control characters");
}

void ExpectTimestamp(const google::protobuf::Timestamp& time) {
  Expect(time.seconds() >= -62135596800 && time.seconds() <= 253402300799 && time.nanos() >= 0 &&
             time.nanos() < 1'000'000'000,
         "a time is within the years of a Timestamp");
}

}  // namespace gw::fuzz
