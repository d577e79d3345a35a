#include "service/rest/json_scanner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/support/malformed_bodies.h"
#include "tests/unit/rest/json_reading.h"

namespace gw::rest {
namespace {

using testing::Repeated;

/// The one string that `body` is.
std::string Text(absl::string_view body) {
  const auto json = ReadJson(body, kMax);
  EXPECT_TRUE(json.ok()) << body << ": " << json.status();
  if (!json.ok()) return "";
  EXPECT_TRUE(json->root().is_string()) << body;
  return std::string(json->root().text());
}

TEST(JsonScanner, UndoesEscapes) {
  EXPECT_EQ(Text(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(Text(R"("\u0041\u00e9\u20AC\ud83d\ude00")"), "Aé€😀");
  EXPECT_EQ(Text(R"("\u007f\u0080\u07ff\u0800\uffff")"), "\x7F\u0080\u07FF\u0800\uFFFF");
  EXPECT_EQ(Text(R"("\ud800\udc00\udbff\udfff")"), "\U00010000\U0010FFFF");
  EXPECT_EQ(Text(R"("a\u0000b")"), std::string("a\0b", 3));
  EXPECT_EQ(Text(R"("before\nbetween\tbehind")"), "before\nbetween\tbehind");
  EXPECT_EQ(Text(R"("\\")"), "\\");
}

TEST(JsonScanner, RefusesEscapesThatAreNone) {
  EXPECT_EQ(InvalidAt(R"("\x41")"), "3");
  EXPECT_EQ(InvalidAt(R"("\'")"), "3");
  EXPECT_EQ(InvalidAt(R"("\U0041")"), "3");
  EXPECT_EQ(InvalidAt(R"("\u004")"), "7");
  EXPECT_EQ(InvalidAt(R"("\u00g1")"), "6");
  EXPECT_EQ(InvalidAt(R"("\)"), "3");
  EXPECT_EQ(InvalidAt(R"("\u00)"), "6");
}

TEST(JsonScanner, RefusesHalvesOfSurrogatePairs) {
  EXPECT_EQ(InvalidAt(R"("\ud83d")"), "8");
  EXPECT_EQ(InvalidAt(R"("\ud83dx")"), "8");
  EXPECT_EQ(InvalidAt(R"("\ud83d\n")"), "9");
  EXPECT_EQ(InvalidAt(R"("\ud83d\u0041")"), "13");
  EXPECT_EQ(InvalidAt(R"("\ud83d\ud83d")"), "13");
  EXPECT_EQ(InvalidAt(R"("\ude00")"), "7");
  EXPECT_EQ(InvalidAt(R"("\ude00\ud83d")"), "7");
}

TEST(JsonScanner, TakesUtf8AndNothingElse) {
  for (const char* text : {"\x7F", "\u0080", "\u07FF", "\u0800", "\uD7FF", "\uE000", "\uFFFF",
                           "\U00010000", "\U0010FFFF"}) {
    for (int before = 0; before < 9; ++before) {  // wherever it is in what is looked at in one go
      const std::string padded = Repeated("a", before) + text;
      EXPECT_EQ(Text("\"" + padded + "\""), padded);
    }
  }
  const std::vector<std::pair<std::string, int>> cases = {{"\x80", 0},
                                                          {"\xBF", 0},
                                                          {"\xC0\xAF", 0},
                                                          {"\xC1\xBF", 0},
                                                          {"\xC2", 1},
                                                          {"\xC2\xC2", 1},
                                                          {"\xE0\x9F\xBF", 1},
                                                          {"\xE1\x80", 2},
                                                          {"\xED\xA0\x80", 1},
                                                          {"\xEF\xBF\xC0", 2},
                                                          {"\xF0\x8F\xBF\xBF", 1},
                                                          {"\xF1\x80\x80", 3},
                                                          {"\xF4\x90\x80", 1},
                                                          {"\xF5\x80", 0},
                                                          {"\xFF", 0}};
  for (const auto& [text, good] : cases) {
    for (int before = 0; before < 9; ++before) {
      EXPECT_EQ(InvalidAt("\"" + Repeated("a", before) + text + "\""),
                absl::StrCat(2 + before + good))
          << absl::CHexEscape(text);
    }
  }
}

TEST(JsonScanner, RefusesControlCharactersInTexts) {
  for (char c = 1; c < ' '; ++c) {
    for (int before = 0; before < 9; ++before) {
      EXPECT_EQ(InvalidAt("\"" + Repeated("a", before) + c + "aaaaaaaa\""),
                absl::StrCat(2 + before));
    }
  }
}

TEST(JsonScanner, TellsKindsOfNumbers) {
  const struct {
    const char* text;
    JsonKind kind;
  } kCases[] = {
      {"0", JsonKind::kUnsigned},
      {"9223372036854775808", JsonKind::kUnsigned},
      {"9999999999999999999", JsonKind::kUnsigned},
      {"10000000000000000000", JsonKind::kUnsigned},
      {"18446744073709551615", JsonKind::kUnsigned},
      {"18446744073709551616", JsonKind::kFloat},
      {"99999999999999999999", JsonKind::kFloat},
      {"-0", JsonKind::kNegative},
      {"-1", JsonKind::kNegative},
      {"-9223372036854775808", JsonKind::kNegative},
      {"-9223372036854775809", JsonKind::kFloat},
      {"-18446744073709551616", JsonKind::kFloat},
      {"1.0", JsonKind::kFloat},
      {"1e2", JsonKind::kFloat},
      {"1E+2", JsonKind::kFloat},
      {"1e-2", JsonKind::kFloat},
      {"-0.0", JsonKind::kFloat},
  };
  for (const auto& c : kCases) {
    const auto json = ReadJson(c.text, kMax);
    ASSERT_TRUE(json.ok()) << c.text;
    EXPECT_EQ(json->root().kind(), c.kind) << c.text;
    EXPECT_TRUE(json->root().is_number()) << c.text;
    EXPECT_EQ(json->root().number(), std::strtod(c.text, nullptr)) << c.text;
  }
}

TEST(JsonScanner, KeepsIntegersAsTheyAre) {
  const auto json = ReadJson(
      "[18446744073709551615,9223372036854775807,9223372036854775808,-9223372036854775808,-1,1.0]",
      kMax);
  ASSERT_TRUE(json.ok()) << json.status();
  std::vector<std::optional<int64_t>> integers;
  for (const JsonView element : json->root()) integers.push_back(element.integer());
  EXPECT_EQ((*json->root().begin()).whole(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(integers, (std::vector<std::optional<int64_t>>{
                          std::nullopt, std::numeric_limits<int64_t>::max(), std::nullopt,
                          std::numeric_limits<int64_t>::min(), -1, std::nullopt}));
}

TEST(JsonScanner, ReadsTheNearestDouble) {
  for (const std::string& text :
       {std::string("0.0"), std::string("-0.0"), std::string("74.0"), std::string("0.1"),
        std::string("-12.345"), std::string("0.3"), std::string("9007199254740992.0"),
        std::string("9007199254740993.0"), std::string("900719925474099.3"),
        std::string("356652758.42159465"), std::string("508620018390929.02"),
        std::string("0.000000000000000001"), std::string("1.7976931348623157e308"),
        std::string("2.2250738585072011e-308"), std::string("5e-324"), std::string("2e-324"),
        std::string("1e-400"), std::string("-1e-400"), std::string("0e999999999999999999999"),
        std::string("1e-999999999999999999999"), std::string("1e22"), std::string("1e23"),
        "0." + Repeated("3", 900), Repeated("7", 300) + ".5", Repeated("1", 309),
        "1" + Repeated("0", 300) + "e-300", "0." + Repeated("0", 400) + "1e401",
        // In the middle between two doubles, and a little above.
        "9007199254740993." + Repeated("0", 800), "9007199254740993." + Repeated("0", 800) + "1"}) {
    const auto json = ReadJson(text, kMax);
    ASSERT_TRUE(json.ok()) << text;
    const double expected = std::strtod(text.c_str(), nullptr);
    EXPECT_EQ(json->root().number(), expected) << text;
    EXPECT_EQ(std::signbit(json->root().number()), std::signbit(expected)) << text;
  }
}

TEST(JsonScanner, RefusesNumbersOverAllDoubles) {
  EXPECT_EQ(InvalidAt("1e400"), "5");
  EXPECT_EQ(InvalidAt("[-1e400]"), "7");
  EXPECT_EQ(InvalidAt("1.8e308"), "7");
  EXPECT_EQ(InvalidAt("1e99999999999999999999"), "22");
  EXPECT_EQ(InvalidAt(Repeated("9", 310)), "310");
}

TEST(JsonScanner, RefusesWhatIsNearlyANumber) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"-", "2"},     {"--1", "2"}, {"+1", "1"},        {".5", "1"},  {"1.", "3"},    {"1.e2", "3"},
      {"01", "2"},    {"-01", "3"}, {"1e", "3"},        {"1e+", "4"}, {"1e+-2", "4"}, {"0x10", "2"},
      {"1.2.3", "4"}, {"NaN", "1"}, {"-Infinity", "2"}, {"1a", "2"}};
  for (const auto& [text, at] : cases) EXPECT_EQ(InvalidAt(text), at) << text;
}

}  // namespace
}  // namespace gw::rest
