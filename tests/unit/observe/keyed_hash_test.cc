#include "service/observe/keyed_hash.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/fakes.h"

namespace gw::observe {
namespace {

constexpr char kEmail[] = "arjun.mehta@company.io";

// RFC 4231, test case 2.
TEST(KeyedHash, IsTheBeginningOfHmacSha256) {
  EXPECT_EQ(KeyedHash(Secret("Jefe")).OfEmail("what do ya want for nothing?"), "5bdcc146bf60754e");
}

TEST(KeyedHash, IsTheSameForTheSameAddressHoweverItIsWritten) {
  const KeyedHash hash(Secret("a-key"));
  for (const char* written : {"ARJUN.MEHTA@Company.IO", "  arjun.mehta@company.io\n"}) {
    EXPECT_EQ(hash.OfEmail(written), hash.OfEmail(kEmail)) << written;
  }
  EXPECT_NE(hash.OfEmail("arjun.mehta@company.com"), hash.OfEmail(kEmail));
}

TEST(KeyedHash, IsAnotherWithAnotherKey) {
  EXPECT_NE(KeyedHash(Secret("a-key")).OfEmail(kEmail), KeyedHash(Secret("b-key")).OfEmail(kEmail));
}

TEST(KeyedHash, StandsForEveryTextThatMayBeAnAddress) {
  const KeyedHash hash(Secret("a-key"));
  EXPECT_EQ(hash.InsteadOfEmail(kEmail), hash.OfEmail(kEmail));
  for (const char* text : {"order-7 for a@b", "a%40b.io", "@"}) {
    EXPECT_EQ(hash.InsteadOfEmail(text), hash.OfEmail(text)) << text;
  }
  for (const char* text : {"", "order-7741", "100%", "a%4b"}) {
    EXPECT_EQ(hash.InsteadOfEmail(text), text);
  }
}

TEST(RandomHashKey, HasTheBitsOfItsSource) {
  testing::FakeRandom random;
  const std::string key(RandomHashKey(random).Reveal());
  ASSERT_EQ(key.size(), 32u);
  for (uint64_t i = 0; i < 4; ++i) {
    uint64_t bits;
    key.copy(reinterpret_cast<char*>(&bits), sizeof bits, i * sizeof bits);
    EXPECT_EQ(bits, i + 1);
  }
}

}  // namespace
}  // namespace gw::observe
