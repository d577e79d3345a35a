#include "service/app/caller_sockets.h"

#include <gmock/gmock.h>

namespace gw::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Peers(const std::vector<CallerSocket>& sockets) {
  std::vector<std::string> peers;
  for (const CallerSocket& socket : sockets) peers.push_back(socket.peer);
  return peers;
}

TEST(Heaviest, CountsFromWhatWasThereBefore) {
  const std::vector<CallerSocket> before = {{1, "old", 9'000}, {2, "other", 10}};
  const std::vector<CallerSocket> now = {{1, "old", 9'100}, {2, "other", 1'010}, {3, "new", 900}};
  EXPECT_THAT(Peers(Heaviest(now, before, 1)), ElementsAre("other", "new"));
}

TEST(Heaviest, TakesAnAddressThatHasLessThanBeforeForAnotherCallers) {
  EXPECT_THAT(Peers(Heaviest({{1, "a", 500}}, {{1, "a", 9'000}}, 400)), ElementsAre("a"));
}

TEST(Heaviest, LeavesOutWhoHasBroughtLessThanAnEighthOfTheFirst) {
  const std::vector<CallerSocket> now = {{1, "a", 100}, {2, "b", 99}, {3, "c", 800}};
  EXPECT_THAT(Peers(Heaviest(now, {}, 1)), ElementsAre("c", "a"));
}

TEST(Heaviest, IsNobodyWhenNobodyHasBroughtMuch) {
  EXPECT_THAT(Heaviest({{1, "a", 99}}, {}, 100), IsEmpty());
  EXPECT_THAT(Heaviest({}, {{1, "a", 99}}, 100), IsEmpty());
}

}  // namespace
}  // namespace gw::app
