#include "service/app/units.h"

#include <gmock/gmock.h>

#include <limits>
#include <string>

namespace gw::app {
namespace {

TEST(DurationText, IsASumOfWholeNumbersWithUnits) {
  const struct {
    const char* text;
    absl::Duration value;
  } kCases[] = {
      {"300ms", absl::Milliseconds(300)},
      {"10s", absl::Seconds(10)},
      {"5m", absl::Minutes(5)},
      {"24h", absl::Hours(24)},
      {"720h", absl::Hours(720)},
      {"1h30m", absl::Minutes(90)},
      {"1h2m3s4ms", absl::Hours(1) + absl::Minutes(2) + absl::Seconds(3) + absl::Milliseconds(4)},
      {"90m", absl::Minutes(90)},
      {"0s", absl::ZeroDuration()},
      {"007s", absl::Seconds(7)},
      {"87600h", absl::Hours(87600)},
  };
  for (const auto& [text, value] : kCases) {
    const auto parsed = ParseDurationText(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed, value) << text;
  }
}

TEST(DurationText, IsWrittenAsItIsRead) {
  for (const char* text : {"0s", "300ms", "10s", "5m", "24h", "1h30m", "1h2m3s4ms", "87600h"}) {
    EXPECT_EQ(DurationText(*ParseDurationText(text)), text);
  }
  EXPECT_EQ(DurationText(absl::Minutes(90)), "1h30m");
}

TEST(SizeText, IsWrittenInTheLargestUnitThatFits) {
  for (const char* text : {"0", "1", "1023", "1KiB", "1025", "64KiB", "8MiB", "1GiB", "1025MiB"}) {
    EXPECT_EQ(SizeText(*ParseSizeText(text)), text);
  }
}

TEST(DurationText, IsRefusedWithAnExampleWhenItIsAnythingElse) {
  for (const char* text : {"",
                           "s",
                           "inf",
                           "-1s",
                           "+1s",
                           "1.5h",
                           "1us",
                           "1ns",
                           "1d",
                           "10 s",
                           " 10s",
                           "10s ",
                           "10S",
                           "1s1h",
                           "1s1s",
                           "1m5",
                           "1e3s",
                           "ms",
                           "99999999999999999999s",
                           "1h-1m"}) {
    const auto parsed = ParseDurationText(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_THAT(std::string(parsed.status().message()), ::testing::HasSubstr("such as")) << text;
  }
}

TEST(DurationText, WithoutUnitIsRefusedWithAWordAboutUnits) {
  for (const char* text : {"10", "0", "1h30"}) {
    EXPECT_EQ(ParseDurationText(text).status().message(),
              "expects a duration with its unit, such as 10s or 300ms");
  }
}

TEST(DurationText, IsAtMostTenYears) {
  for (const char* text :
       {"87600h1ms", "87601h", "9223372036854775807h", "9223372036854775807ms"}) {
    EXPECT_EQ(ParseDurationText(text).status().message(),
              "expects a duration of at most 10 years, that is 87600h")
        << text;
  }
}

TEST(SizeText, IsANumberOfBytesOrOfBinaryMultiples) {
  const struct {
    const char* text;
    int64_t bytes;
  } kCases[] = {{"0", 0},          {"4096", 4096},       {"64KiB", 65536},
                {"8MiB", 8388608}, {"1GiB", 1073741824}, {"8589934591GiB", 9223372035781033984}};
  for (const auto& [text, bytes] : kCases) {
    const auto parsed = ParseSizeText(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed, bytes) << text;
  }
}

TEST(SizeText, IsRefusedWhenItIsAnythingElse) {
  for (const char* text : {"", "KiB", "-1", "+1", "1.5MiB", "8MB", "8M", "8mib", "8 MiB", "8MiB ",
                           "1TiB", "0x10", "8589934592GiB", "9223372036854775808"}) {
    const auto parsed = ParseSizeText(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().message(),
              "expects a size such as 64KiB, 8MiB, 1GiB, or a number of bytes");
  }
}

}  // namespace
}  // namespace gw::app
