#include "service/http/http_date.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"

namespace gw::http {
namespace {

absl::Time At(int year, int month, int day, int hour, int minute, int second) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second),
                         absl::UTCTimeZone());
}

TEST(HttpDate, IsReadInTheFormThatIsToBeSent) {
  const struct {
    const char* text;
    absl::Time time;
  } kCases[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", absl::FromUnixSeconds(784'111'777)},
      {"Thu, 01 Jan 1970 00:00:00 GMT", absl::UnixEpoch()},
      {"Thu, 29 Feb 2024 23:59:59 GMT", At(2024, 2, 29, 23, 59, 59)},
      {"Fri, 31 Dec 1999 12:00:00 GMT", At(1999, 12, 31, 12, 0, 0)},
  };
  for (const auto& [text, time] : kCases) EXPECT_EQ(ParseHttpDate(text), time) << text;
}

TEST(HttpDate, IsNothingElse) {
  const struct {
    const char* name;
    std::string text;
  } kCases[] = {
      {"empty", ""},
      {"a word", "yesterday"},
      {"a number", "784111777"},
      {"29 characters of anything", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
      {"the form of RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT"},
      {"the form of asctime", "Sun Nov  6 08:49:37 1994"},
      {"the form of RFC 3339", "1994-11-06T08:49:37Z"},
      {"that with a fraction, 29 long", "1994-11-06T08:49:37.00000000Z"},
      {"no weekday", "06 Nov 1994 08:49:37 GMT"},
      {"no zone", "Sun, 06 Nov 1994 08:49:37"},
      {"no comma", "Sun  06 Nov 1994 08:49:37 GMT"},
      {"a day of one digit", "Sun, 6 Nov 1994 08:49:37 GMT"},
      {"a year of two digits", "Sun, 06 Nov 94 08:49:37 GMT"},
      {"a month in full", "Sun, 06 November 1994 08:49:37 GMT"},
      {"a month as a number", "Sun, 006 11 1994 08:49:37 GMT"},
      {"a month that there is not", "Sun, 06 Nev 1994 08:49:37 GMT"},
      {"a weekday that there is not", "Sin, 06 Nov 1994 08:49:37 GMT"},
      {"31 February", "Thu, 31 Feb 1994 08:49:37 GMT"},
      {"29 February of a common year", "Wed, 29 Feb 2023 08:49:37 GMT"},
      {"day 0", "Sun, 00 Nov 1994 08:49:37 GMT"},
      {"day 32", "Sun, 32 Dec 1994 08:49:37 GMT"},
      {"24 o'clock", "Sun, 06 Nov 1994 24:00:00 GMT"},
      {"minute 60", "Sun, 06 Nov 1994 08:60:37 GMT"},
      {"second 61", "Sun, 06 Nov 1994 08:49:61 GMT"},
      {"lower-case gmt", "Sun, 06 Nov 1994 08:49:37 gmt"},
      {"UTC", "Sun, 06 Nov 1994 08:49:37 UTC"},
      {"another zone", "Sun, 06 Nov 1994 08:49:37 CET"},
      {"an offset", "Sun, 06 Nov 1994 08:49:37 +0000"},
      {"a space first", " Sun, 06 Nov 1994 08:49:37 GMT"},
      {"a space last", "Sun, 06 Nov 1994 08:49:37 GMT "},
      {"a line end last", "Sun, 06 Nov 1994 08:49:37 GMT\r\n"},
      {"a NUL last", std::string("Sun, 06 Nov 1994 08:49:37 GMT\0", 30)},
      {"cut by one", "Sun, 06 Nov 1994 08:49:37 GM"},
      {"twice", "Sun, 06 Nov 1994 08:49:37 GMTSun, 06 Nov 1994 08:49:37 GMT"},
      {"a megabyte", std::string(1 << 20, 'S')},
  };
  for (const auto& [name, text] : kCases) EXPECT_FALSE(ParseHttpDate(text).has_value()) << name;
}

TEST(HttpDate, HasOneSpelling) {
  const struct {
    const char* name;
    std::string text;
  } kCases[] = {
      {"29 long with a space first", " Sun, 06 Nov 1994 8:49:37 GMT"},
      {"29 long with a space last", "Sun, 06 Nov 1994 08:49:37GMT "},
      {"two spaces for a digit of the day", "Sun,  6 Nov 1994 08:49:37 GMT"},
      {"two spaces for a digit of the hour", "Sun, 06 Nov 1994 8:49:37  GMT"},
      {"a tab for a space", "Sun, 06 Nov 1994 08:49:37\tGMT"},
      {"small letters", "sun, 06 nov 1994 08:49:37 GMT"},
      {"a negative year", "Sun, 06 Nov -994 08:49:37 GMT"},
      {"a weekday that it is not", "Mon, 06 Nov 1994 08:49:37 GMT"},
      {"the end of time", "infinite-future              "},
      {"the beginning of time", "              infinite-past  "},
  };
  for (const auto& [name, text] : kCases) {
    ASSERT_EQ(text.size(), 29u) << name;
    EXPECT_FALSE(ParseHttpDate(text).has_value()) << name;
  }
}

}  // namespace
}  // namespace gw::http
