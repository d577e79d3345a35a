#include "service/http/retry_after.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "service/http/http_date.h"

namespace gw::http {

std::optional<absl::Duration> ParseRetryAfter(const Response& response, absl::Time now) {
  const auto text = response.Header("retry-after");
  if (!text || text->empty()) return std::nullopt;
  if (std::all_of(text->begin(), text->end(), absl::ascii_isdigit)) {
    int64_t seconds;
    if (!absl::SimpleAtoi(*text, &seconds)) return kLongestRetryAfter;  // over 64 bits
    return std::min(absl::Seconds(seconds), kLongestRetryAfter);
  }
  const auto until = ParseHttpDate(*text);
  if (!until) return std::nullopt;
  const auto date = response.Header("date");
  const absl::Time since = (date ? ParseHttpDate(*date) : std::nullopt).value_or(now);
  return std::clamp(*until - since, absl::ZeroDuration(), kLongestRetryAfter);
}

}  // namespace gw::http
