#include "tests/integration/gateway/allocations_crowd.h"

namespace gw::testing {
namespace {

using AllocationCrowd = AllocationsTest;

TEST_F(AllocationCrowd, OfOneIdGetsOnePostAndOneResult) {
  Start({.concero = "timeout: 100s"});
  FaultPosts({{"delay_ms", 300}});
  ExpectOneResult(AllocateAtOnce({gateway_.get()}, "r-1"));
  EXPECT_EQ(Posts(), 1);
  EXPECT_EQ(List().response.allocations_size(), 1);
}

TEST_F(AllocationCrowd, WithoutIdsGetsOnePostAndOneResult) {
  Start({.concero = "timeout: 100s"});
  FaultPosts({{"delay_ms", 300}});
  ExpectOneResult(AllocateAtOnce({gateway_.get()}, ""));
  EXPECT_EQ(Posts(), 1);
  EXPECT_EQ(List().response.allocations_size(), 1);
}

TEST_F(AllocationCrowd, OfOneIdIsInDoubtTogether) {
  Start({.concero = "timeout: 100s"});
  FaultPosts({{"delay_ms", 300}, {"action", "close"}});
  const CrowdTold told = AllocateAtOnce({gateway_.get()}, "r-1");
  EXPECT_EQ(told.ends, (std::map<std::string, int>{{"UNKNOWN ALLOCATION_IN_DOUBT", kCrowd}}));
  EXPECT_EQ(told.request_ids, (std::set<std::string>{"r-1"}));
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationCrowd, OfOneIdThatIsKnownGetsItsResultWithoutAPost) {
  Start();
  const Allocated first = Allocate("r-1");
  const CrowdTold told = AllocateAtOnce({gateway_.get()}, "r-1");
  EXPECT_EQ(told.ends, (std::map<std::string, int>{{"OK", kCrowd}}));
  EXPECT_EQ(told.invite_ids, (std::set<int64_t>{first.response.allocation().invite_id()}));
  EXPECT_EQ(told.not_replayed, 0);
  EXPECT_EQ(Posts(), 1);
}

}  // namespace
}  // namespace gw::testing
