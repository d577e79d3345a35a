// Durations and sizes as the configuration writes them.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gw::app {

/// Reads `300ms`, `10s`, `5m`, `24h`, `1h30m`, `0s`: whole numbers with the units h, m, s, ms,
/// each at most once and the largest first, at most 10 years (87600h) in all. INVALID_ARGUMENT
/// for anything else, with a message that shows an example and does not quote `text`.
/// Thread safety: pure.
absl::StatusOr<absl::Duration> ParseDurationText(absl::string_view text);

/// Reads `64KiB`, `8MiB`, `1GiB` or a plain number of bytes. INVALID_ARGUMENT as above, also
/// when the size does not fit 63 bits.
/// Thread safety: pure.
absl::StatusOr<int64_t> ParseSizeText(absl::string_view text);

/// What ParseDurationText reads as `duration`, which is a whole number of milliseconds that it can
/// read. Thread safety: pure.
std::string DurationText(absl::Duration duration);

/// What ParseSizeText reads as `bytes`, which are not negative, in the largest unit that fits.
/// Thread safety: pure.
std::string SizeText(int64_t bytes);

}  // namespace gw::app
