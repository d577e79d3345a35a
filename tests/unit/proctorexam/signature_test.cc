#include "service/proctorexam/signature.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gw::proctorexam {
namespace {

using http::Parameter;
using Parameters = std::vector<Parameter>;

nlohmann::json Vectors() {
  std::ifstream file(TESTDATA "/proctorexam/signature_vectors.json");
  return nlohmann::json::parse(file);
}

// As the client makes them: ids, times and switches have types of their own.
Parameter Typed(const std::string& name, const std::string& text) {
  const bool is_switch = name == "skip_requirements" || name == "is_individual_info_html";
  if (is_switch) return {name, text == "true"};
  if (name == "id" || name == "timestamp" || name == "open_time") {
    return {name, int64_t{std::stoll(text)}, /*in_path=*/name == "id"};
  }
  return {name, text};
}

TEST(Signature, IsThatOfEveryWorkedExample) {
  const nlohmann::json vectors = Vectors();
  ASSERT_EQ(vectors.size(), 5u);
  for (const nlohmann::json& vector : vectors) {
    Parameters as_texts, typed;
    for (const auto& [name, value] : vector.at("params").items()) {
      as_texts.push_back({name, value.get<std::string>()});
      typed.push_back(Typed(name, value));
    }
    const Secret key(vector.at("secret_key").get<std::string>());
    for (const Parameters& parameters : {as_texts, typed}) {
      EXPECT_EQ(SignedText(parameters), vector.at("message")) << vector.at("name");
      EXPECT_EQ(Sign(parameters, key), vector.at("signature")) << vector.at("name");
    }
  }
}

TEST(Signature, DoesNotDependOnTheOrderOfTheParameters) {
  Parameters parameters = {{"name", "Zoë"},     {"nonce", "7"}, {"id", int64_t{1}, true},
                           {"name2", "x"},      {"Name", "y"},  {"timestamp", int64_t{2}},
                           {"nam", "z?name=q"}, {"a", false},   {"é", "after ASCII"}};
  const std::string text = SignedText(parameters);
  const std::string signature = Sign(parameters, Secret("key"));
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    std::shuffle(parameters.begin(), parameters.end(), random);
    EXPECT_EQ(SignedText(parameters), text);
    EXPECT_EQ(Sign(parameters, Secret("key")), signature);
  }
}

TEST(SignedText, IsSortedByNameByteByByte) {
  EXPECT_EQ(SignedText({{"b", "1"}, {"a_b", "2"}, {"a", "3"}, {"B", "4"}, {"aa", "5"}, {"é", "6"}}),
            "B=4?a=3?a_b=2?aa=5?b=1?é=6");
}

TEST(SignedText, HasEveryValueRaw) {
  for (const char* value : {"", " ", "Zoë O'Brien & Søn?=1", "データ", "%41", "+", "a=b?c=d",
                            "\n\t", "\"\\/", "<p>&amp;</p>", "\xF0\x9F\x98\x80"}) {
    EXPECT_EQ(SignedText({{"v", value}}), absl::StrCat("v=", value));
  }
}

TEST(SignedText, HasIntegersInDecimalAndSwitchesAsWords) {
  EXPECT_EQ(SignedText({{"a", std::numeric_limits<int64_t>::max()},
                        {"b", std::numeric_limits<int64_t>::min()},
                        {"c", int64_t{0}},
                        {"d", true},
                        {"e", false}}),
            "a=9223372036854775807?b=-9223372036854775808?c=0?d=true?e=false");
}

TEST(SignedText, HasTheIdsOfThePath) {
  EXPECT_EQ(SignedText({{"id", int64_t{7}, /*in_path=*/true}, {"name", "x"}}), "id=7?name=x");
}

TEST(SignedText, NeverHasTheSignatureItself) {
  const Parameters without = {{"name", "x"}, {"nonce", "1"}};
  Parameters with = without;
  with.push_back({"signature", Sign(without, Secret("key"))});
  EXPECT_EQ(SignedText(with), SignedText(without));
  EXPECT_EQ(Sign(with, Secret("key")), Sign(without, Secret("key")));
}

// Any change of any value, name or of the key changes the signature.
TEST(Signature, IsAnotherWhenAnythingIsAnother) {
  const Parameters parameters = {{"id", int64_t{7}, true}, {"name", "x"}, {"skip", true}};
  const std::string signature = Sign(parameters, Secret("key"));
  EXPECT_NE(Sign(parameters, Secret("Key")), signature);
  for (size_t i = 0; i < parameters.size(); ++i) {
    Parameters changed = parameters;
    changed[i].name += "x";
    EXPECT_NE(Sign(changed, Secret("key")), signature) << i;
    changed = parameters;
    changed[i].value = TextOf(changed[i]) + "x";
    EXPECT_NE(Sign(changed, Secret("key")), signature) << i;
    changed = parameters;
    changed.erase(changed.begin() + static_cast<int>(i));
    EXPECT_NE(Sign(changed, Secret("key")), signature) << i;
  }
}

TEST(Signature, Is64LowerCaseHexadecimalDigits) {
  for (int i = 0; i < 100; ++i) {
    const std::string signature = Sign({{"nonce", absl::StrCat(i)}}, Secret("key"));
    EXPECT_EQ(signature.size(), 64u);
    EXPECT_TRUE(std::all_of(signature.begin(), signature.end(), [](char c) {
      return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
    })) << signature;
  }
}

}  // namespace
}  // namespace gw::proctorexam
