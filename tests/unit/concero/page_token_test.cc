#include "service/concero/page_token.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "tests/support/failures.h"

namespace gw::concero {
namespace {

using testing::CodeAndReason;
using testing::Metadata;

const PagePosition kPosition{"0123456789abcdef", 1000};

std::string TokenOf(absl::string_view text) { return absl::WebSafeBase64Escape(text); }

TEST(PageToken, IsReadBackAsItWasMade) {
  for (const PagePosition& position :
       {kPosition, PagePosition{"0123456789abcdef", 0}, PagePosition{"ffffffffffffffff", 1},
        PagePosition{"0", std::numeric_limits<size_t>::max()}}) {
    const auto read = DecodePageToken(EncodePageToken(position));
    ASSERT_TRUE(read.ok()) << position.offset;
    EXPECT_EQ(*read, position);
  }
}

TEST(PageToken, IsSafeInAUrl) {
  // Bytes that the other alphabet of base64 writes as + and /.
  for (const char* version : {"???", ">>>", "~~~", "0123456789abcdef"}) {
    for (const char c : EncodePageToken({version, 7})) {
      EXPECT_TRUE(absl::ascii_isalnum(c) || c == '-' || c == '_') << version << ": " << c;
    }
  }
}

TEST(PageToken, DiffersByVersionAndOffset) {
  EXPECT_NE(EncodePageToken({"a", 1}), EncodePageToken({"b", 1}));
  EXPECT_NE(EncodePageToken({"a", 1}), EncodePageToken({"a", 2}));
  EXPECT_NE(EncodePageToken({"a1", 1}), EncodePageToken({"a", 11}));
}

TEST(PageToken, IsRefusedWhenItIsNotOneOfOurs) {
  const std::string good = EncodePageToken(kPosition);
  const struct {
    const char* name;
    std::string token;
  } kCases[] = {
      {"empty", ""},
      {"not base64", "!!!!"},
      {"UTF-8", "\u00fc\u00fc"},
      {"a NUL", std::string(4, '\0')},
      {"a word", "next"},
      {"an offset in the clear", "1000"},
      {"no colon", TokenOf("0123456789abcdef")},
      {"no version", TokenOf(":1000")},
      {"no offset", TokenOf("0123456789abcdef:")},
      {"only a colon", TokenOf(":")},
      {"a negative offset", TokenOf("0123456789abcdef:-1")},
      {"a plus sign", TokenOf("0123456789abcdef:+1")},
      {"a leading zero", TokenOf("0123456789abcdef:01")},
      {"a space before the offset", TokenOf("0123456789abcdef: 1")},
      {"a space behind the offset", TokenOf("0123456789abcdef:1 ")},
      {"a line feed behind the offset", TokenOf("0123456789abcdef:1\n")},
      {"a hexadecimal offset", TokenOf("0123456789abcdef:0x1")},
      {"a fraction", TokenOf("0123456789abcdef:1.5")},
      {"a letter in the offset", TokenOf("0123456789abcdef:1a")},
      {"an offset over 64 bits", TokenOf("0123456789abcdef:18446744073709551616")},
      {"two offsets", TokenOf("0123456789abcdef:1:2")},
      {"a NUL behind the offset", TokenOf(absl::string_view("0123456789abcdef:1\0", 19))},
      {"cut in half", good.substr(0, good.size() / 2)},
      {"one character more", good + "A"},
      {"twice", good + good},
      {"far too long", std::string(1 << 20, 'A')},
      {"too long", TokenOf(std::string(200, 'a') + ":1")},
  };
  for (const auto& [name, token] : kCases) {
    const absl::Status status = DecodePageToken(token).status();
    EXPECT_EQ(CodeAndReason(status), "INVALID_ARGUMENT PAGE_TOKEN_INVALID") << name;
    EXPECT_EQ(Metadata(status, "field"), "page_token") << name;
  }
}

TEST(PageToken, HasOneSpelling) {
  const std::string slash = EncodePageToken({"???", 0});
  ASSERT_EQ(slash, "Pz8_OjA");
  const std::string good = EncodePageToken({"0123456789abcdef", 7});  // 18 bytes: no bits left over
  const struct {
    const char* name;
    std::string token;
  } kCases[] = {
      {"the other alphabet", "Pz8/OjA"},
      {"padding", slash + "="},
      {"padding with dots", slash + "."},
      {"bits left over that are not zero", "Pz8_OjB"},
      {"a space last", good + " "},
      {"a space first", " " + good},
      {"a line feed last", good + "\n"},
      {"a line feed inside", good.substr(0, 4) + "\n" + good.substr(4)},
      {"padding that is not needed", good + "="},
      {"four of padding", good + "===="},
  };
  ASSERT_TRUE(DecodePageToken(good).ok());
  for (const auto& [name, token] : kCases) {
    EXPECT_EQ(CodeAndReason(DecodePageToken(token).status()), "INVALID_ARGUMENT PAGE_TOKEN_INVALID")
        << name;
  }
}

TEST(PageToken, OfAVersionThatIsNoLongerKeptIsExpired) {
  EXPECT_EQ(CodeAndReason(PageTokenExpired()), "ABORTED PAGE_TOKEN_EXPIRED");
  EXPECT_EQ(Metadata(PageTokenExpired(), "field"), "page_token");
}

}  // namespace
}  // namespace gw::concero
