// Dates of both upstreams.
#include "service/rest/date_time.h"

#include <string>

#include "absl/time/time.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(date_time) {
  const auto time = rest::ParseDateTime(input);
  if (!time.ok()) return ExpectQuotesNothing(time.status());
  ExpectTimestamp(*time);
  const std::string text =
      absl::FormatTime("%E4Y-%m-%dT%H:%M:%E9SZ",
                       absl::FromUnixSeconds(time->seconds()) + absl::Nanoseconds(time->nanos()),
                       absl::UTCTimeZone());
  const auto again = rest::ParseDateTime(text);
  Expect(again.ok() && again->seconds() == time->seconds() && again->nanos() == time->nanos(),
         "a time that is written out is read as the same");
}

}  // namespace gw::fuzz
