#include "service/rest/json_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "absl/strings/match.h"
#include "tests/support/malformed_bodies.h"

namespace gw::rest {
namespace {

using testing::Repeated;

constexpr size_t kMax = 100'000'000;

nlohmann::json Object(absl::string_view value) {
  auto json = ParseJsonObject(absl::StrCat("{\"key\":", value, "}"), kMax);
  EXPECT_TRUE(json.ok()) << json.status();
  return json.ok() ? *json : nlohmann::json::object();
}

TEST(ParseJson, BuildsTheValueThatTheBodyIs) {
  constexpr absl::string_view kAll =
      R"({"a":[1,-2,2.5,true,false,null,"x",[],{}],"b":{"c":{"d":[[0],[1]]}},"e":""})";
  const auto json = ParseJson(kAll, kMax);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(ToText(*json), kAll);
}

TEST(ParseJson, SkipsAByteOrderMark) {
  const auto json = ParseJson("\xEF\xBB\xBF [1]", kMax);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(ToText(*json), "[1]");
}

TEST(ParseJson, RefusesABodyOverTheLimitAndTakesOneAtTheLimit) {
  EXPECT_TRUE(ParseJson("[1,2]", 5).ok());
  EXPECT_EQ(ParseJson("[1,2]", 4).status().message(), "the body is too large");
}

TEST(ParseJson, TakesNestingUpTo64AndNoDeeper) {
  EXPECT_TRUE(ParseJson(Repeated("[", 64) + Repeated("]", 64), kMax).ok());
  EXPECT_EQ(ParseJson(Repeated("[", 65) + Repeated("]", 65), kMax).status().message(),
            "the body is nested too deeply");
  EXPECT_TRUE(ParseJson("[" + Repeated("[[]],", 1000) + "[]]", kMax).ok()) << "width is not depth";
}

TEST(ParseJson, TakesHalfAMillionValuesAndNoMore) {
  const std::string all_but_one = "[" + Repeated("0,", 499'998);
  EXPECT_TRUE(ParseJson(all_but_one + "0]", kMax).ok());
  EXPECT_EQ(ParseJson(all_but_one + "0,[]]", kMax).status().message(),
            "the body has too many values");
}

TEST(ParseJson, RefusesTheSameKeyTwiceInOneObjectOnly) {
  EXPECT_TRUE(ParseJson(R"([{"a":{"a":1}},{"a":2},{"A":3,"a":3}])", kMax).ok());
  EXPECT_EQ(ParseJson(R"({"a":null,"b":1,"a":null})", kMax).status().message(),
            "the body has a key twice in one object");
}

TEST(ParseJson, SaysWhereTheJsonEndsToBeValid) {
  EXPECT_EQ(ParseJson("[1,x]", kMax).status().message(), "the body is not valid JSON at byte 4");
}

TEST(ParseJsonObject, RefusesEveryOtherValue) {
  for (const char* body : {"[]", "null", "1", "\"a\"", "true"}) {
    EXPECT_EQ(ParseJsonObject(body, kMax).status().message(), "the body: expects an object");
  }
}

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
  for (const nlohmann::json& object : {Object("null"), nlohmann::json::object()}) {
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
