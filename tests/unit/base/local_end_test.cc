#include "service/base/local_end.h"

#include <gmock/gmock.h>

namespace gw {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(LocalEnd, IsAnInterfaceOrAnAddress) {
  const struct {
    const char* text;
    LocalEnd end;
  } kCases[] = {
      {"eth1", {"eth1", ""}},
      {"br-8c_1.100", {"br-8c_1.100", ""}},
      {"abcdefghijklmno", {"abcdefghijklmno", ""}},
      {"192.0.2.1", {"", "192.0.2.1"}},
      {"2001:DB8::1", {"", "2001:db8::1"}},
  };
  for (const auto& [text, end] : kCases) {
    const auto parsed = ParseLocalEnd(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    EXPECT_EQ(*parsed, end) << text;
  }
}

TEST(LocalEnd, IsRefusedWithWhatToWrite) {
  const struct {
    const char* text;
    const char* reason;
  } kCases[] = {
      {"", "is no address"},
      {"198.51.100.300", "is no address"},
      {"198.51.100", "is no address"},
      {"198.51.100.1:0", "is no address"},
      {"[2001:db8::2]", "is no address"},
      {"eth1:1", "is no address"},
      {"abcdefghijklmnop", "is no name"},
      {"eth 1", "is no name"},
      {"if!eth1", "is no name"},
      {"gateway/eth1", "is no name"},
      {"eth1\n", "is no name"},
  };
  for (const auto& [text, reason] : kCases) {
    const auto parsed = ParseLocalEnd(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(reason)) << text;
    if (*text != '\0') {
      EXPECT_THAT(std::string(parsed.status().message()), Not(HasSubstr(text)));
    }
  }
}

TEST(LocalEnd, IsHereWhenTheMachineHasIt) {
  EXPECT_TRUE(IsHere({"lo", ""}));
  EXPECT_TRUE(IsHere({"", "127.0.0.1"}));
  EXPECT_TRUE(IsHere({"", ""}));
  EXPECT_FALSE(IsHere({"no-such-if0", ""}));
  EXPECT_FALSE(IsHere({"", "192.0.2.1"}));
  EXPECT_FALSE(IsHere({"", "2001:db8::1"}));
}

}  // namespace
}  // namespace gw
