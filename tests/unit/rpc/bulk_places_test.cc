#include "service/rpc/bulk_places.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace gw::rpc {
namespace {

TEST(BulkPlaces, LetsInAsManyAsThereArePlacesAndTheRestInTheirOrder) {
  BulkPlaces places(2);
  std::vector<int> in;
  for (int i = 0; i < 5; ++i) places.Enter(nullptr, [&in, i] { in.push_back(i); });
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
  places.Enter(nullptr, [] {});
  int in = 0;
  for (int i = 0; i < 200'000; ++i) {
    places.Enter(nullptr, [&] {
      ++in;
      places.Leave();
    });
  }
  EXPECT_EQ(in, 0);
  places.Leave();
  EXPECT_EQ(in, 200'000);
  EXPECT_EQ(places.taken(), 0u);
}

TEST(BulkPlaces, WhoWaitsCanWithdraw) {
  BulkPlaces places(1);
  const int a = 0, b = 0;
  std::string in;
  places.Enter(nullptr, [] {});
  EXPECT_FALSE(places.Withdraw(&a));
  places.Enter(&a, [&in] { in += 'a'; });
  places.Enter(&b, [&in] { in += 'b'; });
  EXPECT_TRUE(places.Withdraw(&a));
  EXPECT_FALSE(places.Withdraw(&a));
  places.Leave();
  EXPECT_EQ(in, "b");
  EXPECT_FALSE(places.Withdraw(&b)) << "it has its place";
  EXPECT_EQ(places.taken(), 1u);
}

// Who lets others in, for as long as they come, is not kept from what else its thread has to do.
TEST(BulkPlaces, WhoComesWhileAnotherThreadLetsInLetsItselfIn) {
  BulkPlaces places(2);
  std::thread other;
  bool in = false;
  places.Enter(nullptr, [&] {
    other = std::thread([&] { places.Enter(nullptr, [&in] { in = true; }); });
    other.join();
    EXPECT_TRUE(in);
  });
  EXPECT_EQ(places.taken(), 2u);
}

}  // namespace
}  // namespace gw::rpc
