#include "concero_gateway/intent.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <utility>

#include "client/library/random.h"

namespace concero {
namespace {

TEST(ClientIntent, HasARandomUuidOfItsOwn) {
  const std::regex version_4("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const Intent intent(119, "zoe@example.com");
    EXPECT_TRUE(std::regex_match(intent.request_id(), version_4)) << intent.request_id();
    ids.insert(intent.request_id());
  }
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(ClientIntent, UuidHasAllRandomBitsButVersionAndVariant) {
  EXPECT_EQ(UuidOf(0, 0), "00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(UuidOf(~uint64_t{0}, ~uint64_t{0}), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(UuidOf(0x0123456789abcdef, 0xfedcba9876543210), "01234567-89ab-4def-bedc-ba9876543210");
}

TEST(ClientIntent, KeepsItsIdInCopies) {
  const Intent intent(119, "zoe@example.com");
  Intent copy = intent;
  EXPECT_EQ(copy, intent);
  const Intent moved = std::move(copy);
  EXPECT_EQ(moved, intent);
  EXPECT_EQ(copy, intent) << "a moved-from intent would be sent without its id";
  EXPECT_NE(Intent(119, "zoe@example.com"), intent);
}

TEST(ClientIntent, TakesTheIdOfAnEarlierOneAndNeverAnEmptyOne) {
  EXPECT_EQ(Intent(119, "zoe@example.com", "order-7741").request_id(), "order-7741");
  EXPECT_FALSE(Intent(119, "zoe@example.com", "").request_id().empty());
}

}  // namespace
}  // namespace concero
