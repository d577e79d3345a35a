#include "service/concero/examination_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"

namespace gw::concero {
namespace {

using Pairs = std::vector<std::pair<int64_t, std::string>>;

std::string Version(const Pairs& pairs) {
  std::vector<::concero::v1::Examination> examinations;
  for (const auto& [id, name] : pairs) {
    auto& examination = examinations.emplace_back();
    examination.set_id(id);
    examination.set_name(name);
  }
  return VersionOf(examinations);
}

TEST(Version, IsSixteenHexadecimalDigits) {
  for (const Pairs& pairs : {Pairs{}, Pairs{{119, "Technology - Email Test"}}}) {
    const std::string version = Version(pairs);
    EXPECT_EQ(version.size(), 16u);
    for (const char c : version) {
      EXPECT_TRUE(absl::ascii_isxdigit(c) && !absl::ascii_isupper(c)) << version;
    }
  }
}

TEST(Version, DoesNotDependOnTheOrder) {
  Pairs pairs;
  for (int64_t id = 1; id <= 40; ++id) pairs.emplace_back(id, "Examination " + std::to_string(id));
  pairs.emplace_back(7, "a second one with the same id");
  pairs.emplace_back(8, "Examination 9");
  const std::string version = Version(pairs);
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(pairs.begin(), pairs.end(), random);
    ASSERT_EQ(Version(pairs), version);
  }
}

TEST(Version, DiffersWheneverTheContentDoes) {
  const std::vector<std::pair<const char*, Pairs>> kLists = {
      {"none", {}},
      {"no id and no name", {{0, ""}}},
      {"that twice", {{0, ""}, {0, ""}}},
      {"one", {{1, "a"}}},
      {"the same twice", {{1, "a"}, {1, "a"}}},
      {"the same three times", {{1, "a"}, {1, "a"}, {1, "a"}}},
      {"another id", {{2, "a"}}},
      {"another name", {{1, "b"}}},
      {"the name in capitals", {{1, "A"}}},
      {"a space behind the name", {{1, "a "}}},
      {"a NUL behind the name", {{1, std::string("a\0", 2)}}},
      {"no name", {{1, ""}}},
      {"one more", {{1, "a"}, {2, "b"}}},
      {"names exchanged", {{1, "b"}, {2, "a"}}},
      {"names joined", {{1, "ab"}, {2, ""}}},
      {"names joined the other way", {{1, ""}, {2, "ab"}}},
      {"1 and 23", {{1, "23"}}},
      {"12 and 3", {{12, "3"}}},
      {"123 and nothing", {{123, ""}}},
      {"another one in the name", {{1, std::string("a\2\0\0\0\0\0\0\0b", 10)}}},
      {"another one and its length in the name",
       {{1, std::string("a\2\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0b", 18)}}},
      {"the lowest id", {{std::numeric_limits<int64_t>::min(), "a"}}},
      {"the highest id", {{std::numeric_limits<int64_t>::max(), "a"}}},
      {"an id over 32 bits", {{(int64_t{1} << 32) + 1, "a"}}},
  };
  std::map<std::string, const char*> seen;
  for (const auto& [name, pairs] : kLists) {
    const auto [at, is_new] = seen.emplace(Version(pairs), name);
    EXPECT_TRUE(is_new) << name << " and " << at->second;
  }
}

}  // namespace
}  // namespace gw::concero
