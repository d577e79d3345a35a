#include "service/rest/struct_codec.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/malformed_bodies.h"

namespace gw::rest {
namespace {

using ::google::protobuf::Struct;
using ::google::protobuf::Value;
using nlohmann::json;
using testing::Repeated;

bool FillValueFrom(const json& from, Value& out) {
  const std::string body = from.dump();
  const auto read = ReadJson(body, body.size());
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() && FillValue(read->root(), out);
}

bool FillStructFrom(const json& from, Struct& out) {
  const std::string body = from.dump();
  const auto read = ReadJson(body, body.size());
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() && FillStruct(read->root(), out);
}

Value Filled(const json& from) {
  Value value;
  EXPECT_TRUE(FillValueFrom(from, value)) << from;
  return value;
}

// So many of these within each other, with a number in the middle.
json Arrays(int levels) { return json::parse(Repeated("[", levels) + "7" + Repeated("]", levels)); }
json Objects(int levels) {
  return json::parse(Repeated(R"({"a":)", levels) + "7" + Repeated("}", levels));
}
json Mixed(int pairs) {
  return json::parse(Repeated(R"({"a":[)", pairs) + "7" + Repeated("]}", pairs));
}

TEST(StructCodec, KeepsTheKindOfAValue) {
  EXPECT_EQ(Filled(nullptr).kind_case(), Value::kNullValue);
  EXPECT_EQ(Filled(true).kind_case(), Value::kBoolValue);
  EXPECT_EQ(Filled(7).kind_case(), Value::kNumberValue);
  EXPECT_EQ(Filled(7.5).kind_case(), Value::kNumberValue);
  EXPECT_EQ(Filled("7").kind_case(), Value::kStringValue);
  EXPECT_EQ(Filled(json::array()).kind_case(), Value::kListValue);
  EXPECT_EQ(Filled(json::object()).kind_case(), Value::kStructValue);
  EXPECT_TRUE(Filled(true).bool_value());
  EXPECT_FALSE(Filled(false).bool_value());
  EXPECT_EQ(Filled(false).kind_case(), Value::kBoolValue);
  EXPECT_TRUE(Filled(json::array()).list_value().values().empty());
  EXPECT_TRUE(Filled(json::object()).struct_value().fields().empty());
}

TEST(StructCodec, NumbersAreExactUpTo2To53) {
  constexpr int64_t kExact = int64_t{1} << 53;
  for (const int64_t number : {int64_t{0}, int64_t{-1}, int64_t{1'721'034'000}, kExact, -kExact}) {
    EXPECT_EQ(Filled(number).number_value(), static_cast<double>(number));
    EXPECT_EQ(static_cast<int64_t>(Filled(number).number_value()), number);
  }
  for (const double number : {0.5, -74.25, 1e300, std::numeric_limits<double>::denorm_min()}) {
    EXPECT_EQ(Filled(number).number_value(), number);
  }
  EXPECT_EQ(Filled(std::numeric_limits<uint64_t>::max()).number_value(), 18446744073709551616.0);
}

TEST(StructCodec, TextsAreWhatTheyWere) {
  for (const std::string& text : {std::string(), std::string("Zoë \U0001F600"),
                                  std::string("a\0b", 3), std::string("\"\\\n")}) {
    EXPECT_EQ(Filled(text).string_value(), text);
  }
}

TEST(StructCodec, FillsObjectsByKeyAndArraysInOrder) {
  Struct out;
  ASSERT_TRUE(
      FillStructFrom(json::parse(R"({"b":{"c":[1,"x",null,[]]},"":false,"Zoë":"y"})"), out));
  ASSERT_EQ(out.fields().size(), 3u);
  EXPECT_EQ(out.fields().at("").kind_case(), Value::kBoolValue);
  EXPECT_EQ(out.fields().at("Zoë").string_value(), "y");
  const auto& list = out.fields().at("b").struct_value().fields().at("c").list_value();
  ASSERT_EQ(list.values_size(), 4);
  EXPECT_EQ(list.values(0).number_value(), 1);
  EXPECT_EQ(list.values(1).string_value(), "x");
  EXPECT_EQ(list.values(2).kind_case(), Value::kNullValue);
  EXPECT_EQ(list.values(3).kind_case(), Value::kListValue);
}

TEST(StructCodec, GoesSixteenLevelsDeepAndNoDeeper) {
  ASSERT_EQ(kMaxStructDepth, 16);
  const struct {
    const char* name;
    json from;
    bool fits;
  } kCases[] = {
      {"a number", 7, true},
      {"16 arrays", Arrays(16), true},
      {"17 arrays", Arrays(17), false},
      {"16 objects", Objects(16), true},
      {"17 objects", Objects(17), false},
      {"8 objects with 8 arrays", Mixed(8), true},
      {"9 objects with 9 arrays", Mixed(9), false},
      {"60 arrays", Arrays(60), false},
      {"17 levels behind what fits", json::array({1, Arrays(15), Arrays(16)}), false},
      {"17 levels in the second field", json{{"a", Objects(15)}, {"b", Objects(16)}}, false},
      {"16 levels in both", json{{"a", Objects(15)}, {"b", Arrays(15)}}, true},
  };
  for (const auto& c : kCases) {
    Value value;
    EXPECT_EQ(FillValueFrom(c.from, value), c.fits) << c.name;
    if (!c.from.is_object()) continue;
    Struct out;
    EXPECT_EQ(FillStructFrom(c.from, out), c.fits) << c.name;
  }
}

TEST(StructCodec, WhatItMakesEveryParserOfProtobufTakes) {
  for (const json& deepest : {Arrays(kMaxStructDepth), Objects(kMaxStructDepth), Mixed(8)}) {
    Struct around;
    (*around.mutable_fields())["of a session"] = Filled(deepest);
    Struct read;
    EXPECT_TRUE(read.ParseFromString(around.SerializeAsString())) << deepest;
  }
}

TEST(StructCodec, AWideValueIsNotADeepOne) {
  Value value;
  EXPECT_TRUE(FillValueFrom(json(std::vector<json>(1000, Arrays(15))), value));
  EXPECT_EQ(value.list_value().values_size(), 1000);
}

}  // namespace
}  // namespace gw::rest
