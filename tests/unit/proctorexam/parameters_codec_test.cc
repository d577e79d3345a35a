#include "service/proctorexam/parameters_codec.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace gw::proctorexam {
namespace {

TEST(EncodeBody, KeepsEachValuesType) {
  const std::string body = EncodeBody({{"name", "Zoë \"O'Brien\" 7"},
                                       {"open_time", int64_t{1784000000}},
                                       {"skip_requirements", false},
                                       {"nonce", "9007199254740993"}});
  const auto json = nlohmann::json::parse(body);
  EXPECT_EQ(json.size(), 4u);
  EXPECT_EQ(json.at("name"), "Zoë \"O'Brien\" 7");
  EXPECT_TRUE(json.at("open_time").is_number_integer());
  EXPECT_EQ(json.at("open_time"), 1784000000);
  EXPECT_EQ(json.at("skip_requirements"), false);
  EXPECT_EQ(json.at("nonce"), "9007199254740993");
}

TEST(EncodeBody, LeavesOutWhatStandsInThePath) {
  EXPECT_EQ(EncodeBody({{"id", int64_t{7}, /*in_path=*/true}, {"name", ""}}), R"({"name":""})");
  EXPECT_EQ(EncodeBody({}), "{}");
}

TEST(EncodeBody, WritesUtf8AsItIs) {
  EXPECT_EQ(EncodeBody({{"name", "データ é \xF0\x9F\x98\x80"}}),
            "{\"name\":\"データ é \xF0\x9F\x98\x80\"}");
}

TEST(EncodeQuery, PercentEncodesAllButTheUnreservedCharacters) {
  const struct {
    const char* value;
    const char* encoded;
  } kCases[] = {
      {"", ""},        {"AZaz09-._~", "AZaz09-._~"},   {" +&=?/#%", "%20%2B%26%3D%3F%2F%23%25"},
      {"é", "%C3%A9"}, {"\"'<>\n", "%22%27%3C%3E%0A"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(EncodeQuery({{"v", c.value}}), std::string("v=") + c.encoded);
  }
  EXPECT_EQ(EncodeQuery({{"a b", "x"}}), "a%20b=x");
}

TEST(EncodeQuery, JoinsThemInTheirOrderWithoutThoseOfThePath) {
  EXPECT_EQ(EncodeQuery({{"exam_id", int64_t{7}, /*in_path=*/true},
                         {"page", int64_t{2}},
                         {"limit", int64_t{300}},
                         {"all", true}}),
            "page=2&limit=300&all=true");
  EXPECT_EQ(EncodeQuery({}), "");
}

}  // namespace
}  // namespace gw::proctorexam
