// Log lines, whatever is logged.
#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "service/observe/log.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(log_line) {
  const std::string line = observe::LogLine("2026-07-14T08:00:00.000Z", observe::LogLevel::kInfo,
                                            "call", {{"value", input}, {"after", 1}});
  Expect(IsJson(line), "a line is JSON");
  Expect(
      std::all_of(line.begin(), line.end(), [](unsigned char c) { return absl::ascii_isprint(c); }),
      "a line is one line of printable ASCII");
}

}  // namespace gw::fuzz
