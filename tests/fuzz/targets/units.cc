// Durations and sizes of the configuration.
#include "service/app/units.h"

#include "absl/time/time.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(units) {
  const auto duration = app::ParseDurationText(input);
  if (!duration.ok()) ExpectQuotesNothing(duration.status());
  Expect(!duration.ok() || (*duration >= absl::ZeroDuration() && *duration <= absl::Hours(87600)),
         "a duration is from nothing to 10 years");
  const auto size = app::ParseSizeText(input);
  if (!size.ok()) ExpectQuotesNothing(size.status());
  Expect(!size.ok() || *size >= 0, "a size is not negative");
}

}  // namespace gw::fuzz
