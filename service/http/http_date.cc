#include "service/http/http_date.h"

#include <string>

namespace gw::http {

std::optional<absl::Time> ParseHttpDate(absl::string_view text) {
  constexpr size_t kLength = 29;
  absl::Time time;
  std::string error;
  if (text.size() != kLength ||
      !absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", std::string(text), &time, &error)) {
    return std::nullopt;
  }
  return time;
}

}  // namespace gw::http
