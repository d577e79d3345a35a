#include "service/rest/json_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/malformed_bodies.h"
#include "tests/unit/rest/json_reading.h"

namespace gw::rest {
namespace {

using testing::Repeated;

/// An object as the getters take it, for as long as this is there.
class Object {
 public:
  explicit Object(absl::string_view value) : Object("{\"key\":", value, "}") {}
  static Object Empty() { return Object("{", "", "}"); }

  operator JsonView() const { return json_->root(); }  // NOLINT(google-explicit-constructor)

 private:
  Object(absl::string_view begin, absl::string_view value, absl::string_view end)
      : body_(absl::StrCat(begin, value, end)), json_(ReadJsonObject(body_, kMax)) {
    EXPECT_TRUE(json_.ok()) << json_.status();
  }

  const std::string body_;
  const absl::StatusOr<ParsedJson> json_;
};

TEST(Id, IsAPositiveIntegerOrItsDigitsInAString) {
  const std::vector<std::pair<std::string, int64_t>> cases = {
      {"1", 1},
      {"\"1\"", 1},
      {"142", 142},
      {"\"142\"", 142},
      {"9223372036854775807", std::numeric_limits<int64_t>::max()},
      {"\"9223372036854775807\"", std::numeric_limits<int64_t>::max()}};
  for (const auto& [text, id] : cases) {
    EXPECT_EQ(*RequiredId(Object(text), "key"), id) << text;
    EXPECT_EQ(*OptionalId(Object(text), "key"), id) << text;
  }
}

TEST(Id, IsNothingElse) {
  for (const char* text : {"0",
                           "-1",
                           "-9223372036854775808",
                           "9223372036854775808",
                           "18446744073709551615",
                           "18446744073709551616",
                           "1e30",
                           "119.0",
                           "1e2",
                           "1.5",
                           "true",
                           "[]",
                           "[1]",
                           "{}",
                           R"("")",
                           R"(" ")",
                           R"(" 119")",
                           R"("119 ")",
                           R"("+119")",
                           R"("-119")",
                           R"("0")",
                           R"("0119")",
                           R"("119.0")",
                           R"("1e2")",
                           R"("0x77")",
                           R"("1 2")",
                           R"("1,000")",
                           R"("119abc")",
                           R"("9223372036854775808")",
                           R"("99999999999999999999999999")",
                           R"("119\u0000")",
                           R"("\u0661")"}) {
    EXPECT_EQ(RequiredId(Object(text), "key").status().message(), "key: expects a positive integer")
        << text;
    EXPECT_EQ(OptionalId(Object(text), "key").status().message(), "key: expects a positive integer")
        << text;
  }
}

TEST(Number, IsAJsonNumberOrAPlainDecimalInAString) {
  const std::vector<std::pair<std::string, double>> cases = {
      {"0", 0},
      {"-3", -3},
      {"74", 74},
      {"74.5", 74.5},
      {"1e2", 100},
      {"\"74\"", 74},
      {"\"74.50\"", 74.5},
      {"\"-0.25\"", -0.25},
      {"\"007\"", 7},
      {"1e-400", 0},
      {"18446744073709551615", 18446744073709551615.0}};
  for (const auto& [text, number] : cases) {
    EXPECT_EQ(*OptionalNumber(Object(text), "key"), number) << text;
  }
}

TEST(Number, IsNothingElse) {
  for (const std::string& text : {std::string(R"("")"),
                                  std::string(R"(" 74")"),
                                  std::string(R"("74 ")"),
                                  std::string(R"("+74")"),
                                  std::string(R"("74.")"),
                                  std::string(R"(".5")"),
                                  std::string(R"("-")"),
                                  std::string(R"("--1")"),
                                  std::string(R"("1.2.3")"),
                                  std::string(R"("74%")"),
                                  std::string(R"("74,5")"),
                                  std::string(R"("1e2")"),
                                  std::string(R"("nan")"),
                                  std::string(R"("inf")"),
                                  std::string(R"("-Infinity")"),
                                  std::string(R"("0x1p3")"),
                                  std::string(R"("74\u0000")"),
                                  std::string("true"),
                                  std::string("[]"),
                                  std::string("{}"),
                                  "\"" + Repeated("9", 400) + "\""}) {
    EXPECT_EQ(OptionalNumber(Object(text), "key").status().message(), "key: expects a number")
        << text;
  }
}

TEST(Text, IsAStringWithItsEscapesUndone) {
  EXPECT_EQ(*RequiredText(Object(R"("a\u00e9\n\/\ud83d\ude00")"), "key"), "aé\n/😀");
  EXPECT_EQ(*RequiredText(Object(R"("a\u0000b")"), "key"), std::string("a\0b", 3));
  for (const char* text : {"1", "true", "[]", "{}", "[\"a\"]"}) {
    EXPECT_EQ(RequiredText(Object(text), "key").status().message(), "key: expects a string");
    EXPECT_EQ(OptionalText(Object(text), "key").status().message(), "key: expects a string");
  }
}

TEST(Getters, TakeNullAndMissingBothForNotSet) {
  const Object null("null");
  const Object missing = Object::Empty();
  for (const JsonView object : {JsonView(null), JsonView(missing)}) {
    EXPECT_EQ(*OptionalId(object, "key"), std::nullopt);
    EXPECT_EQ(*OptionalText(object, "key"), std::nullopt);
    EXPECT_EQ(*OptionalNumber(object, "key"), std::nullopt);
    EXPECT_FALSE(IsSet(object, "key"));
    EXPECT_FALSE(RequiredId(object, "key").ok());
    EXPECT_FALSE(RequiredText(object, "key").ok());
    EXPECT_FALSE(RequiredObject(object, "key").ok());
  }
}

TEST(Under, SaysWhereAnErrorHappened) {
  EXPECT_EQ(Under("data.", RequiredId(Object("0"), "key").status()),
            absl::InvalidArgumentError("data.key: expects a positive integer"));
}

TEST(ToText, ReplacesWhatIsNotUtf8AndDoesNotThrow) {
  EXPECT_EQ(ToText({{"a", "\xFF"}}), "{\"a\":\"\xEF\xBF\xBD\"}");
}

TEST(Quoted, WritesATextAsToTextDoes) {
  std::vector<std::string> texts = {"",     "arjun.mehta@company.io", "ü@b",
                                    "\xFF", "\xED\xA0\x80",           "\xE2\x82"};
  for (int c = 0; c < 256; ++c)
    texts.push_back(absl::StrCat("a", std::string(1, static_cast<char>(c)), "b"));
  for (const std::string& text : texts) EXPECT_EQ(Quoted(text), ToText(text)) << text;
}

}  // namespace
}  // namespace gw::rest
