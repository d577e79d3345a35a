#include "tests/sandbox/query.h"

#include <gtest/gtest.h>

namespace sandbox {
namespace {

using Values = std::map<std::string, std::string>;

TEST(Query, IsDecodedOnceNamesAndValuesAlike) {
  const struct {
    const char* target;
    Values values;
  } kCases[] = {
      {"/x", {}},
      {"/x?", {}},
      {"/x?a=1&b=", {{"a", "1"}, {"b", ""}}},
      {"/x?a=1+2%2B3", {{"a", "1 2+3"}}},
      {"/x?%61=Zo%C3%AB%3f%3D%26", {{"a", "Zoë?=&"}}},
      {"/x?a=b=c?d", {{"a", "b=c?d"}}},
      {"/x?a=%2541", {{"a", "%41"}}},
      {"/x?a=%00", {{"a", std::string(1, '\0')}}},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(ParseQuery(one.target), one.values) << one.target;
  }
}

TEST(Query, IsRefusedWhenItIsNotWellFormedOrNamesSomethingTwice) {
  for (const char* target :
       {"/x?a", "/x?=1", "/x?&a=1", "/x?a=1&", "/x?a=1&&b=2", "/x?a=%", "/x?a=%4", "/x?a=%4g",
        "/x?a=%+1", "/x?a=%-1", "/x?%=1", "/x?a=1&a=1", "/x?a=1&%61=2"}) {
    EXPECT_EQ(ParseQuery(target), std::nullopt) << target;
  }
}

}  // namespace
}  // namespace sandbox
