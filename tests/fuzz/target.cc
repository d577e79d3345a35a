#include "tests/fuzz/target.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace gw::fuzz {
namespace {

// The longest messages name every key of a section, or every field of a request.
constexpr size_t kLongestMessage = 2000;

std::vector<Target>& Registered() {
  static std::vector<Target> targets;
  return targets;
}

}  // namespace

const std::vector<Target>& Targets() { return Registered(); }

Registration::Registration(Target target) {
  // protobuf tells of every text that is not UTF-8, on stderr.
  google::protobuf::SetLogHandler(nullptr);
  Registered().push_back(target);
}

void Expect(bool holds, absl::string_view rule) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: broken: %s\n", std::string(rule).c_str());
  std::abort();
}

void ExpectQuotesNothing(const absl::Status& status) {
  const absl::string_view message = status.message();
  Expect(!absl::StrContains(message, kMarker), "a message repeats no value");
  Expect(message.size() <= kLongestMessage, "a message is not long");
  Expect(std::all_of(message.begin(), message.end(),
                     [](unsigned char c) { return absl::ascii_isprint(c); }),
         "a message is one line of printable ASCII");
}

absl::string_view TakeLine(absl::string_view& input) {
  const size_t end = std::min(input.find('\n'), input.size());
  const absl::string_view line = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return line;
}

}  // namespace gw::fuzz
