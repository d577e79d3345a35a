// A fuzz target: a parser of bytes that others wrote, and what must be true whatever they are.
//
// A target is one file in targets/, a folder of that name in corpus/, and a line in CMakeLists.txt.
// The same file is linked into a libFuzzer program of its own (libfuzzer_main.cc), and with all the
// others into fuzz_replay (replay_main.cc).
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gw::fuzz {

struct Target {
  absl::string_view name;
  /// Ends the process when a rule is broken. Depends on nothing but `input`.
  void (*run)(absl::string_view input);
};

/// Those that are linked in, in no order. Thread safety: after the start of main, any thread.
const std::vector<Target>& Targets();

/// Adds a target, before main.
class Registration {
 public:
  explicit Registration(Target target);
};

/// Ends the process with `rule` on stderr when it does not hold. Thread safety: any thread.
void Expect(bool holds, absl::string_view rule);

/// Corpora and dictionaries have it inside of values: what an error message or a log line must not
/// repeat. The blank and the sharps keep it from being a key, a name or an address.
inline constexpr absl::string_view kMarker = "# Zq7#";

/// That the message of `status` is what people may read: one line of printable ASCII, not long,
/// without kMarker. Thread safety: any thread.
void ExpectQuotesNothing(const absl::Status& status);

/// Takes what stands before the first line feed off `input`, all of it without one: targets that
/// read several texts have them in lines. Thread safety: pure.
absl::string_view TakeLine(absl::string_view& input);

}  // namespace gw::fuzz

/// Defines a target: FUZZ_TARGET(date_time) { … `input` … }
#define FUZZ_TARGET(name)                                                      \
  static void name(absl::string_view input);                                   \
  static const ::gw::fuzz::Registration name##_registration({#name, &(name)}); \
  static void name(absl::string_view input)
