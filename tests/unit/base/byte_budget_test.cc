#include "service/base/byte_budget.h"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

namespace gw {
namespace {

TEST(ByteBudget, GivesNoMoreThanItHas) {
  ByteBudget budget(100);
  EXPECT_TRUE(budget.Take(60));
  EXPECT_FALSE(budget.Take(41));
  EXPECT_EQ(budget.held(), 60u);
  EXPECT_EQ(budget.left(), 40u);
  EXPECT_TRUE(budget.Take(40));
  EXPECT_EQ(budget.left(), 0u);
  EXPECT_FALSE(budget.Take(1));
  EXPECT_TRUE(budget.Take(0));
  budget.Return(100);
  EXPECT_TRUE(budget.Take(100));
}

TEST(ByteBudget, IsNotFooledByAskingForTooMuch) {
  ByteBudget budget(100);
  EXPECT_TRUE(budget.Take(1));
  EXPECT_FALSE(budget.Take(std::numeric_limits<size_t>::max()));
  EXPECT_EQ(budget.held(), 1u);
}

TEST(HeldBytes, AreReturnedAtTheEnd) {
  ByteBudget budget(100);
  {
    HeldBytes held;
    EXPECT_TRUE(held.Grow(budget, 30));
    EXPECT_TRUE(held.Grow(budget, 30));
    EXPECT_FALSE(held.Grow(budget, 41));
    EXPECT_EQ(budget.held(), 60u);
  }
  EXPECT_EQ(budget.held(), 0u);
}

TEST(HeldBytes, AreHandedOnByAMove) {
  ByteBudget budget(100);
  HeldBytes second;
  ASSERT_TRUE(second.Grow(budget, 5));
  {
    HeldBytes first;
    ASSERT_TRUE(first.Grow(budget, 30));
    second = std::move(first);
    EXPECT_EQ(budget.held(), 30u) << "what it held before is returned";
  }
  EXPECT_EQ(budget.held(), 30u);
  const HeldBytes third = std::move(second);
  EXPECT_EQ(budget.held(), 30u);
}

TEST(HeldBytes, AreHeldOnceMoreByACopyWhateverTheLimit) {
  ByteBudget budget(100);
  HeldBytes held;
  ASSERT_TRUE(held.Grow(budget, 60));
  {
    const HeldBytes copy = held;  // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_EQ(budget.held(), 120u);
    EXPECT_FALSE(budget.Take(1)) << "more is held than there is";
    EXPECT_EQ(budget.left(), 0u);
  }
  EXPECT_EQ(budget.held(), 60u);
  EXPECT_TRUE(budget.Take(40));
}

}  // namespace
}  // namespace gw
