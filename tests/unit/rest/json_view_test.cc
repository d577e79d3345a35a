#include "service/rest/json_view.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/malformed_bodies.h"
#include "tests/unit/rest/json_reading.h"

namespace gw::rest {
namespace {

using testing::Repeated;

std::string Problem(absl::string_view body, size_t max_bytes = kMax) {
  const auto json = ReadJson(body, max_bytes);
  return json.ok() ? "none" : std::string(json.status().message());
}

/// `count` members of an object, k0 to the last.
std::string Members(int count) {
  std::vector<std::string> members;
  for (int i = 0; i < count; ++i) members.push_back(absl::StrCat("\"k", i, "\":", i));
  return absl::StrJoin(members, ",");
}

TEST(ReadJson, SeesEveryKindOfValueInTheOrderOfTheBody) {
  const std::string body =
      R"( {"a" : [1,-2,2.5,true,false,null,"x",[],{}], "b":{"c":{"d":[[0],[1]]}},"":"last"} )";
  const auto json = ReadJson(body, kMax);
  ASSERT_TRUE(json.ok()) << json.status();
  const JsonView root = json->root();
  ASSERT_TRUE(root.is_object());
  EXPECT_EQ(root.size(), 3u);
  std::vector<std::string> keys;
  for (const JsonView member : root) keys.emplace_back(member.key());
  EXPECT_EQ(keys, (std::vector<std::string>{"a", "b", ""}));

  const JsonView list = *root.Find("a");
  EXPECT_EQ(list.size(), 9u);
  std::vector<JsonKind> kinds;
  for (const JsonView element : list) {
    kinds.push_back(element.kind());
    EXPECT_EQ(element.key(), "");
  }
  EXPECT_EQ(kinds,
            (std::vector<JsonKind>{JsonKind::kUnsigned, JsonKind::kNegative, JsonKind::kFloat,
                                   JsonKind::kBoolean, JsonKind::kBoolean, JsonKind::kNull,
                                   JsonKind::kString, JsonKind::kArray, JsonKind::kObject}));
  const JsonView lists = *root.Find("b")->Find("c")->Find("d");
  ASSERT_EQ(lists.size(), 2u);
  EXPECT_EQ((*(*++lists.begin()).begin()).whole(), 1u);
  EXPECT_EQ(root.Find("")->text(), "last");
}

TEST(ReadJson, FindsNoMemberThatIsOnlyFurtherDownOrBegunTheSame) {
  const auto json = ReadJson(R"({"a":{"b":1},"bc":2,"d":["b"]})", kMax);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_FALSE(json->root().Find("b"));
  EXPECT_FALSE(json->root().Find("B"));
  EXPECT_TRUE(json->root().Find("a")->Find("b"));
}

TEST(ReadJson, ShowsTextsWhereTheyStandWhenTheyHaveNoEscapes) {
  const std::string body = R"({"key":"a text of the body","escaped":"\u0061"})";
  auto json = ReadJson(body, kMax);
  ASSERT_TRUE(json.ok()) << json.status();
  const JsonView root = json->root();
  EXPECT_EQ(root.Find("key")->text().data(), body.data() + body.find("a text"));
  EXPECT_EQ((*root.begin()).key().data(), body.data() + body.find("key"));

  const ParsedJson moved = *std::move(json);
  EXPECT_EQ(root.Find("key")->text(), "a text of the body") << "views stay good";
  EXPECT_EQ(root.Find("escaped")->text(), "a");
}

TEST(ReadJson, KeepsTextsWithEscapesApart) {
  const auto json = ReadJson(R"(["\na","b","","\n","c\n",{"\u0061\n":"\td"}])", kMax);
  ASSERT_TRUE(json.ok()) << json.status();
  std::vector<std::string> texts;
  for (const JsonView element : json->root()) {
    if (element.is_string()) texts.emplace_back(element.text());
    for (const JsonView member : element) {
      texts.emplace_back(member.key());
      texts.emplace_back(member.text());
    }
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"\na", "b", "", "\n", "c\n", "a\n", "\td"}));
}

TEST(ReadJson, SaysWhereTheJsonEndsToBeValid) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "1"},
      {" \r\n\t ", "6"},
      {"{", "2"},
      {"[", "2"},
      {"[1", "3"},
      {"[1,", "4"},
      {"[1,]", "4"},
      {"[1,x]", "4"},
      {"[,1]", "2"},
      {"[1}", "3"},
      {"{]", "2"},
      {"{1:2}", "2"},
      {"{\"a\"}", "5"},
      {"{\"a\":}", "6"},
      {"{\"a\":1,}", "8"},
      {"{\"a\",1}", "5"},
      {"{:1}", "2"},
      {"]", "1"},
      {":", "1"},
      {"\"abc", "5"},
      {"tru", "4"},
      {"trve", "3"},
      {"nulll", "5"},
      {"True", "1"},
      {"falsy", "5"},
      {"/**/1", "1"},
      {"'a'", "1"},
      {"1 2", "3"},
      {"{}{}", "3"},
      {"\xEF", "2"},
      {"\xEF\xBB", "3"},
      {"\xEF\xBB\xBF", "4"},
      {"\xEF\xBB\xBF\xEF\xBB\xBF[]", "4"},
      {"[]\xEF\xBB\xBF", "3"},
      {"\xFF\xFE[]", "1"},
      // What is in a wrong place is read to its end.
      {"[1 23]", "5"},
      {"[1 \"abc\"]", "8"},
      {"[1 \"a\nc\"]", "6"},
      {"{\"a\" true}", "9"},
      {"{\"a\":1 \"b\":2}", "10"},
      {"{12:2}", "3"},
      {"{null:2}", "5"},
      {"[] -1e400", "9"},
      {"[] \"\\u00e9\"", "11"},
  };
  for (const auto& [body, at] : cases) EXPECT_EQ(InvalidAt(body), at) << absl::CHexEscape(body);
}

TEST(ReadJson, SkipsAByteOrderMark) {
  const auto json = ReadJson("\xEF\xBB\xBF [1]", kMax);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->root().size(), 1u);
}

TEST(ReadJson, RefusesABodyOverTheLimitAndTakesOneAtTheLimit) {
  EXPECT_EQ(Problem("[1,2]", 5), "none");
  EXPECT_EQ(Problem("[1,2]", 4), "the body is too large");
}

TEST(ReadJson, RefusesNulBytesAnywhere) {
  for (const std::string& body :
       {std::string("[]\0", 3), std::string("\0[]", 3), std::string("[\"\0\"]", 5)}) {
    EXPECT_EQ(Problem(body), "the body has a NUL byte");
  }
}

TEST(ReadJson, TakesNestingUpTo64AndNoDeeper) {
  EXPECT_EQ(Problem(Repeated("[", 64) + Repeated("]", 64)), "none");
  EXPECT_EQ(Problem(Repeated("[", 65) + Repeated("]", 65)), "the body is nested too deeply");
  EXPECT_EQ(Problem(Repeated("{\"a\":", 64) + "1" + Repeated("}", 64)), "none");
  EXPECT_EQ(Problem(Repeated("{\"a\":", 64) + "{"), "the body is nested too deeply");
  EXPECT_EQ(Problem("[" + Repeated("[[]],", 1000) + "[]]"), "none") << "width is not depth";
}

TEST(ReadJson, TakesHalfAMillionValuesAndNoMore) {
  const std::string all_but_one = "[" + Repeated("0,", 499'998);
  EXPECT_EQ(Problem(all_but_one + "0]"), "none");
  EXPECT_EQ(Problem(all_but_one + "[]]"), "none");
  EXPECT_EQ(Problem(all_but_one + "0,[]]"), "the body has too many values");
  EXPECT_EQ(Problem(all_but_one + "0,0]"), "the body has too many values");
  EXPECT_EQ(Problem(all_but_one + "0 7"), "the body is not valid JSON at byte 1000000");
}

TEST(ReadJson, RefusesTheSameKeyTwiceInOneObjectOnly) {
  constexpr absl::string_view kTwice = "the body has a key twice in one object";
  EXPECT_EQ(Problem(R"([{"a":{"a":1}},{"a":2},{"A":3,"a":3}])"), "none");
  EXPECT_EQ(Problem(R"({"a":null,"b":1,"a":null})"), kTwice);
  EXPECT_EQ(Problem(R"({"":1,"":2})"), kTwice);
  EXPECT_EQ(Problem(R"({"b":1,"\u0062":2})"), kTwice);
  EXPECT_EQ(Problem(R"({"a":{"x":1,"y":[{"a":1}]},"a":2})"), kTwice);
  EXPECT_EQ(Problem(R"({"a":1,"a")"), kTwice) << "before what follows is read";
}

TEST(ReadJson, FindsKeysThatAreTwiceInObjectsOfAnySize) {
  for (int count = 1; count < 40; ++count) {
    const std::string members = Members(count);
    EXPECT_EQ(Problem(absl::StrCat("{", members, "}")), "none") << count;
    for (int twice = 0; twice < count; ++twice) {
      EXPECT_EQ(Problem(absl::StrCat("{", members, ",\"k", twice, "\":0}")),
                "the body has a key twice in one object")
          << twice << " of " << count;
    }
  }
}

TEST(ReadJson, LargeObjectsWithinAndBesideEachOtherMayHaveTheSameKeys) {
  const std::string members = Members(30);
  const std::string object = absl::StrCat("{", members, "}");
  EXPECT_EQ(Problem(absl::StrCat("[", object, ",", object, "]")), "none");
  EXPECT_EQ(Problem(absl::StrCat("{", members, ",\"x\":", object, ",\"y\":", object, "}")), "none");
  EXPECT_EQ(Problem(absl::StrCat("{", members, ",\"x\":", object, ",\"k7\":1}")),
            "the body has a key twice in one object");
}

TEST(ReadJson, ReadsAnObjectOfVeryManyMembersInOneGo) {
  const std::string body = absl::StrCat("{", Members(50'000), "}");
  const auto json = ReadJson(body, kMax);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->root().size(), 50'000u);
  EXPECT_EQ(json->root().Find("k49999")->whole(), 49'999u);
}

TEST(ReadJson, NeverTakesAMalformedBody) {
  for (const std::string& good : {std::string(R"({"a":[1]})"), std::string(R"([{"a":1}])")}) {
    ASSERT_EQ(Problem(good), "none");
    for (const auto& body : testing::MalformedBodies(good)) {
      const auto json = ReadJson(body.text, kMax);
      const bool is_another_value = body.text == "null" || body.text == "true" ||
                                    body.text == "142" || body.text == "\"success\"";
      EXPECT_EQ(json.ok(), is_another_value) << body.name;
      EXPECT_FALSE(ReadJsonObject(body.text, kMax).ok()) << body.name;
    }
  }
}

TEST(ReadJsonObject, RefusesEveryOtherValue) {
  for (const char* body : {"[]", "null", "1", "\"a\"", "true"}) {
    EXPECT_EQ(ReadJsonObject(body, kMax).status().message(), "the body: expects an object");
  }
  EXPECT_TRUE(ReadJsonObject("{}", kMax).ok());
}

}  // namespace
}  // namespace gw::rest
