#include "service/http/retry_after.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>

namespace gw::http {
namespace {

// As 1999-12-31 23:59:00 GMT.
const absl::Time kNow = absl::FromUnixSeconds(946'684'740);

TEST(RetryAfter, IsSecondsOrADateAnHourAtMost) {
  const struct {
    const char* name;
    const char* headers;
    std::optional<absl::Duration> delay;
  } kCases[] = {
      {"absent", "Content-Type: text/html\r\n", std::nullopt},
      {"no headers", "", std::nullopt},
      {"zero", "Retry-After: 0\r\n", absl::ZeroDuration()},
      {"seven", "Retry-After: 7\r\n", absl::Seconds(7)},
      {"small letters, no blank", "retry-after:7\r\n", absl::Seconds(7)},
      {"leading zeros", "Retry-After: 007\r\n", absl::Seconds(7)},
      {"an hour", "Retry-After: 3600\r\n", absl::Hours(1)},
      {"over an hour", "Retry-After: 3601\r\n", absl::Hours(1)},
      {"over a day", "Retry-After: 99999\r\n", absl::Hours(1)},
      {"over 64 bits", "Retry-After: 99999999999999999999999\r\n", absl::Hours(1)},
      {"negative", "Retry-After: -7\r\n", std::nullopt},
      {"a fraction", "Retry-After: 1.5\r\n", std::nullopt},
      {"a word", "Retry-After: soon\r\n", std::nullopt},
      {"empty", "Retry-After:\r\n", std::nullopt},
      {"digits and letters", "Retry-After: 7s\r\n", std::nullopt},
      {"twice", "Retry-After: 7\r\nRetry-After: 9\r\n", absl::Seconds(7)},
      {"a date", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", absl::Seconds(59)},
      {"this very second", "Retry-After: Fri, 31 Dec 1999 23:59:00 GMT\r\n", absl::ZeroDuration()},
      {"a date that has passed", "Retry-After: Fri, 31 Dec 1999 23:58:59 GMT\r\n",
       absl::ZeroDuration()},
      {"years ago", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", absl::ZeroDuration()},
      {"centuries ahead", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", absl::Hours(1)},
      {"a date in another form", "Retry-After: 1999-12-31T23:59:59Z\r\n", std::nullopt},
      {"a date in another zone", "Retry-After: Fri, 31 Dec 1999 23:59:59 CET\r\n", std::nullopt},
  };
  for (const auto& [name, headers, delay] : kCases) {
    EXPECT_EQ(ParseRetryAfter(Response{429, headers, ""}, kNow), delay) << name;
  }
}

TEST(RetryAfter, IsCountedByTheUpstreamsClockWhereItSaysItsTime) {
  const struct {
    const char* name;
    const char* date;
    absl::Duration delay;
  } kCases[] = {
      {"an hour behind ours", "Date: Fri, 31 Dec 1999 22:59:52 GMT\r\n", absl::Seconds(8)},
      {"a day ahead of ours", "Date: Sat, 01 Jan 2000 22:59:52 GMT\r\n", absl::Seconds(8)},
      {"not a date", "Date: today\r\n", absl::Seconds(59)},
  };
  const char* const kUntil[] = {"Retry-After: Fri, 31 Dec 1999 23:00:00 GMT\r\n",
                                "Retry-After: Sat, 01 Jan 2000 23:00:00 GMT\r\n",
                                "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"};
  for (size_t i = 0; i < 3; ++i) {
    const Response response{503, std::string(kCases[i].date) + kUntil[i], ""};
    EXPECT_EQ(ParseRetryAfter(response, kNow), kCases[i].delay) << kCases[i].name;
  }
}

}  // namespace
}  // namespace gw::http
