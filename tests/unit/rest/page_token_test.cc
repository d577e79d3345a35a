#include "service/rest/page_token.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "tests/support/failures.h"

namespace gw::rest {
namespace {

using testing::CodeAndReason;
using testing::Metadata;

// 96 bytes are 128 characters, the longest token.
const std::string kLongest(96, 'a');

std::string AllBytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  return bytes;
}

TEST(SealedPageToken, OpensToTheTextThatWasSealed) {
  for (const std::string& text :
       {std::string("119:2:50"), std::string("a"), std::string("ab"), std::string("abc"),
        std::string("a\0b", 3), std::string("\xff\xfe"), std::string("Zoë"), kLongest,
        AllBytes().substr(0, 96), AllBytes().substr(96, 96), AllBytes().substr(160, 96)}) {
    EXPECT_EQ(OpenPageToken(SealPageToken(text)), text);
  }
}

TEST(SealedPageToken, IsSafeInAUrl) {
  for (const char c : SealPageToken(AllBytes())) {
    EXPECT_TRUE(absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') << c;
  }
}

TEST(SealedPageToken, DiffersByText) {
  std::set<std::string> tokens;
  for (const char* text : {"", "1", "11", "1:1", "1:1:1", "2", "12", "A", "a"}) {
    EXPECT_TRUE(tokens.insert(SealPageToken(text)).second) << text;
  }
}

TEST(SealedPageToken, HasAtMost128Characters) {
  ASSERT_EQ(SealPageToken(kLongest).size(), 128u);
  EXPECT_TRUE(OpenPageToken(SealPageToken(kLongest)).has_value());
  EXPECT_FALSE(OpenPageToken(SealPageToken(kLongest + "a")).has_value());
  EXPECT_FALSE(OpenPageToken(std::string(1 << 20, 'A')).has_value());
}

TEST(SealedPageToken, DoesNotOpenWhenItIsNoSealOfAnything) {
  const struct {
    const char* name;
    std::string token;
  } kCases[] = {
      {"not base64", "!!!!"},          {"UTF-8", "\u00fc\u00fc"},
      {"a NUL", std::string(4, '\0')}, {"a NUL inside", std::string("MTE5\0MTE5", 9)},
      {"one character", "M"},          {"a whole number of bytes and a character", "MTE5M"},
      {"percent signs", "MTE5%3D"},    {"the alphabet of addresses", "a:b@c"},
  };
  for (const auto& [name, token] : kCases) EXPECT_FALSE(OpenPageToken(token).has_value()) << name;
}

TEST(PageTokenInvalid, NamesTheField) {
  EXPECT_EQ(CodeAndReason(PageTokenInvalid()), "INVALID_ARGUMENT PAGE_TOKEN_INVALID");
  EXPECT_EQ(Metadata(PageTokenInvalid(), "field"), "page_token");
}

}  // namespace
}  // namespace gw::rest
