// `Retry-After` in the first line, `Date` in the second.
#include "service/http/retry_after.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/http/http_date.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(retry_after) {
  const absl::string_view retry_after = TakeLine(input);
  const absl::string_view date = TakeLine(input);
  if (const auto time = http::ParseHttpDate(retry_after)) {
    const std::string again =
        absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", *time, absl::UTCTimeZone());
    Expect(again == retry_after, "a date has one way to be written");
  }
  http::Response response;
  response.header_block = absl::StrCat("Retry-After: ", retry_after, "\r\nDate: ", date, "\r\n");
  const auto wait = http::ParseRetryAfter(response, absl::FromUnixSeconds(1'784'000'000));
  Expect(!wait || (*wait >= absl::ZeroDuration() && *wait <= http::kLongestRetryAfter),
         "a wait is from nothing to an hour");
}

}  // namespace gw::fuzz
