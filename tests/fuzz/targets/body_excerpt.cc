// What the log shows of an upstream's body.
#include "service/rest/body_excerpt.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/observe/log.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(body_excerpt) {
  constexpr absl::string_view kSecret = "Zq7-a-key-that-is-hidden";
  static const bool hidden = (observe::HideInLogs(kSecret), true);
  Expect(hidden, "the key is hidden");
  const std::string excerpt = rest::DescribeForLog(input);
  Expect(excerpt.size() <= 256, "an excerpt is short");
  Expect(std::all_of(excerpt.begin(), excerpt.end(),
                     [](unsigned char c) { return absl::ascii_isprint(c); }),
         "an excerpt is one line of printable ASCII");
  Expect(!absl::StrContains(excerpt, '@'), "an excerpt has no e-mail address");
  Expect(!absl::StrContains(excerpt, "//"), "an excerpt has no address of a page");
  Expect(!absl::StrContains(absl::AsciiStrToLower(excerpt), "exam/start/"),
         "an excerpt has no invite link");
  Expect(!absl::StrContains(excerpt, kSecret), "an excerpt has no key");
}

}  // namespace gw::fuzz
