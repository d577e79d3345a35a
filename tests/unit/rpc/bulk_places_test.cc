#include "service/rpc/bulk_places.h"

#include <gtest/gtest.h>

#include <vector>

namespace gw::rpc {
namespace {

TEST(BulkPlaces, LetsInAsManyAsThereArePlacesAndTheRestInTheirOrder) {
  BulkPlaces places(2);
  std::vector<int> in;
  for (int i = 0; i < 5; ++i) places.Enter([&in, i] { in.push_back(i); });
  EXPECT_EQ(in, (std::vector<int>{0, 1}));
  EXPECT_EQ(places.taken(), 2u);
  places.Leave();
  EXPECT_EQ(in, (std::vector<int>{0, 1, 2}));
  places.Leave();
  places.Leave();
  EXPECT_EQ(in, (std::vector<int>{0, 1, 2, 3, 4}));
  places.Leave();
  places.Leave();
  EXPECT_EQ(places.taken(), 0u);
}

// Each lets the next one in: nested, this would be deeper than any stack.
TEST(BulkPlaces, WhoLeavesAtOnceNestsNothing) {
  BulkPlaces places(1);
  places.Enter([] {});
  int in = 0;
  for (int i = 0; i < 200'000; ++i) {
    places.Enter([&] {
      ++in;
      places.Leave();
    });
  }
  EXPECT_EQ(in, 0);
  places.Leave();
  EXPECT_EQ(in, 200'000);
  EXPECT_EQ(places.taken(), 0u);
}

}  // namespace
}  // namespace gw::rpc
