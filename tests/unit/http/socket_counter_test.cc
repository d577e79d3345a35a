#include "service/http/socket_counter.h"

#include <gtest/gtest.h>

namespace gw::http {
namespace {

TEST(SocketCounter, CountsASocketThatIsClosedInSilenceWhenItsNumberIsUsedAgain) {
  SocketCounter sockets;
  const int a = 0, b = 0;
  sockets.Opened(7, &a);
  sockets.Opened(7, &b);
  EXPECT_EQ(sockets.counts().opened, 2u);
  EXPECT_EQ(sockets.counts().closed, 1u);
  sockets.Closed(7);
  EXPECT_EQ(sockets.counts().closed, 2u);
  sockets.Opened(8, &a);
  sockets.AllClosed();
  EXPECT_EQ(sockets.counts().closed, 3u);
}

TEST(SocketCounter, KnowsWhoseASocketIsAndThatItsNumberMayBecomeAnothers) {
  SocketCounter sockets;
  const int a = 0, b = 0;
  EXPECT_FALSE(sockets.IsOf(7, &a));
  sockets.Opened(7, &a);
  EXPECT_TRUE(sockets.IsOf(7, &a));
  EXPECT_FALSE(sockets.IsOf(7, &b));
  sockets.Opened(7, &b);
  EXPECT_FALSE(sockets.IsOf(7, &a));
  sockets.Closed(7);
  EXPECT_FALSE(sockets.IsOf(7, &b));
}

}  // namespace
}  // namespace gw::http
