#include "service/observe/log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace gw::observe {
namespace {

using Json = nlohmann::json;

constexpr char kTime[] = "2024-07-15T09:00:00.000Z";

// The line as a reader of JSON sees it; null when it is not JSON.
Json Read(const std::string& line) {
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  return json.is_discarded() ? Json() : json;
}

TEST(LogLine, BeginsWithTimeLevelAndEvent) {
  EXPECT_EQ(LogLine(kTime, LogLevel::kInfo, "listening", {}),
            R"({"time":"2024-07-15T09:00:00.000Z","level":"info","event":"listening"})");
  EXPECT_EQ(Read(LogLine(kTime, LogLevel::kDebug, "e", {}))["level"], "debug");
  EXPECT_EQ(Read(LogLine(kTime, LogLevel::kWarn, "e", {}))["level"], "warn");
  EXPECT_EQ(Read(LogLine(kTime, LogLevel::kError, "e", {}))["level"], "error");
}

TEST(LogLine, KeepsTheTypesAndTheOrderOfItsFields) {
  const std::string line = LogLine(kTime, LogLevel::kInfo, "e",
                                   {{"text", "a"},
                                    {"number", 7},
                                    {"big", std::numeric_limits<int64_t>::min()},
                                    {"real", 1.5},
                                    {"yes", true},
                                    {"no", false}});
  EXPECT_TRUE(line.ends_with(
      R"("text":"a","number":7,"big":-9223372036854775808,"real":1.5,"yes":true,"no":false})"))
      << line;
  EXPECT_TRUE(Read(line).is_object());
}

TEST(LogLine, IsOneLineOfValidJsonWhateverAText) {
  const struct {
    const char* name;
    std::string text;
  } kCases[] = {
      {"empty", ""},
      {"quotes", "a \"b\" c"},
      {"backslashes", "C:\\temp\\"},
      {"a backslash before a quote", "\\\""},
      {"line breaks", "a\r\nb\n"},
      {"an injected line", "x\"}\n{\"time\":\"forged\"}"},
      {"a tab", "a\tb"},
      {"NULs", std::string("a\0b\0", 4)},
      {"an escape", "\x1b[31mred"},
      {"a delete", "\x7f"},
      {"every control",
       [] {
         std::string all;
         for (char c = 0; c < 0x20; ++c) all.push_back(c);
         return all;
       }()},
      {"a slash and a percent", "https://a/%20"},
      {"braces", "{}[],:"},
  };
  for (const auto& [name, text] : kCases) {
    for (const bool as_event : {false, true}) {
      const std::string line = as_event ? LogLine(kTime, LogLevel::kInfo, text, {})
                                        : LogLine(kTime, LogLevel::kInfo, "e", {{"f", text}});
      EXPECT_EQ(Read(line)[as_event ? "event" : "f"], text) << name;
      EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos) << name;
    }
  }
}

// A text need not be UTF-8, so each byte above ASCII is the code point of its value.
TEST(LogLine, StaysAsciiWhateverTheBytes) {
  const struct {
    const char* name;
    std::string text, read;
  } kCases[] = {
      {"UTF-8", "j\u00fcrgen", "j\u00c3\u00bcrgen"},
      {"a byte that is not UTF-8", "a\xff", "a\u00ff"},
      {"half a character", "\xc3", "\u00c3"},
      {"a surrogate", "\xed\xa0\x80", "\u00ed\u00a0\u0080"},
  };
  for (const auto& [name, text, read] : kCases) {
    const std::string line = LogLine(kTime, LogLevel::kInfo, "e", {{"f", text}});
    for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << name;
    EXPECT_EQ(Read(line)["f"], read) << name;
  }
}

TEST(LogLine, EscapesTheNameOfAField) {
  EXPECT_EQ(Read(LogLine(kTime, LogLevel::kInfo, "e", {{"a\"b\n", 1}}))["a\"b\n"], 1);
}

TEST(LogLine, WritesNumbersThatJsonHasNoWordForAsNull) {
  for (const double number : {std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity(), std::nan("")}) {
    const Json json = Read(LogLine(kTime, LogLevel::kInfo, "e", {{"f", number}}));
    ASSERT_TRUE(json.contains("f"));
    EXPECT_TRUE(json["f"].is_null());
  }
  for (const double number : {0.0, -0.5, 1e300, 1e-300, 123456.0}) {
    EXPECT_DOUBLE_EQ(Read(LogLine(kTime, LogLevel::kInfo, "e", {{"f", number}}))["f"], number);
  }
}

TEST(Log, IsSilentBelowItsLevel) {
  SetLogLevel(LogLevel::kWarn);
  EXPECT_FALSE(LogEnabled(LogLevel::kDebug));
  EXPECT_FALSE(LogEnabled(LogLevel::kInfo));
  EXPECT_TRUE(LogEnabled(LogLevel::kWarn));
  EXPECT_TRUE(LogEnabled(LogLevel::kError));
  SetLogLevel(LogLevel::kInfo);
  EXPECT_TRUE(LogEnabled(LogLevel::kInfo));
  EXPECT_FALSE(LogEnabled(LogLevel::kDebug));
}

TEST(HideInLogs, PutsAWordInPlaceOfASecretWhereverItOccurs) {
  HideInLogs("canary-secret-1");
  HideInLogs("short");
  EXPECT_EQ(
      LogLine("T", LogLevel::kInfo, "e",
              {{"body", "key canary-secret-1, canary-secret-1!"}, {"other", "short"}}),
      R"({"time":"T","level":"info","event":"e","body":"key [secret], [secret]!","other":"short"})");
}

}  // namespace
}  // namespace gw::observe
