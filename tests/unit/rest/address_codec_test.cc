#include "service/rest/address_codec.h"

#include <gtest/gtest.h>

namespace gw::rest {
namespace {

TEST(DecodeAddress, TakesPlainTextAndTheTwoUsualMembersOfAnObject) {
  constexpr struct {
    const char* body;
    const char* address;
  } kCases[] = {
      {"203.0.113.7", "203.0.113.7"},
      {" 203.0.113.7\r\n", "203.0.113.7"},
      {"2001:DB8:0:0::7\n", "2001:db8::7"},
      {R"({"ip":"203.0.113.7"})", "203.0.113.7"},
      {R"({"origin": "2001:db8::7"})", "2001:db8::7"},
      {R"({"country": "NL", "ip": "203.0.113.7"})", "203.0.113.7"},
  };
  for (const auto& c : kCases) EXPECT_EQ(DecodeAddress(c.body), c.address) << c.body;
}

TEST(DecodeAddress, TakesNothingElse) {
  for (const char* const body :
       {"", " ", "localhost", "203.0.113.7, 198.51.100.1", "203.0.113", "203.0.113.07", "1",
        "203.0.113.7:443", "[2001:db8::7]", "fe80::1%eth0", "<html>203.0.113.7</html>",
        R"({"ip": 7})", R"({"ip": "here"})", R"({"address": "203.0.113.7"})", R"(["203.0.113.7"])",
        R"("203.0.113.7")", R"({"ip": "203.0.113.7")",
        R"({"ip": "203.0.113.7", "ip": "203.0.113.8"})"}) {
    EXPECT_FALSE(DecodeAddress(body)) << body;
  }
  EXPECT_FALSE(DecodeAddress(absl::string_view("203.0.113.7\0x", 13)));
}

}  // namespace
}  // namespace gw::rest
