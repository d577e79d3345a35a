#include "service/http/http_date.h"

#include <string>

namespace gw::http {

std::optional<absl::Time> ParseHttpDate(absl::string_view text) {
  constexpr size_t kLength = 29;
  constexpr char kForm[] = "%a, %d %b %Y %H:%M:%S GMT";
  absl::Time time;
  std::string error;
  if (text.size() != kLength || !absl::ParseTime(kForm, std::string(text), &time, &error)) {
    return std::nullopt;
  }
  // Abseil also takes other spaces, cases, weekdays and the word `infinite-future`.
  if (absl::FormatTime(kForm, time, absl::UTCTimeZone()) != text) return std::nullopt;
  return time;
}

}  // namespace gw::http
