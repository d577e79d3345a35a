#include "service/app/caller_sockets.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <string>

#include "tests/integration/guards/callers.h"

namespace gw::app {
namespace {

void Bring(const Connected& caller, size_t bytes) {
  const std::string some(bytes, 'x');
  ASSERT_EQ(send(caller.theirs.get(), some.data(), some.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes));
}

TEST(CallerSockets, AreTheConnectionsOfThePortAndWhatTheyHaveBrought) {
  Port port, other_port;
  const Connected caller(port), other(port), elsewhere(other_port);
  Bring(caller, 1000);
  const CallerSocket seen = caller.Seen(port);
  EXPECT_EQ(seen.fd, caller.ours.get());
  EXPECT_EQ(seen.received, 1000);
  EXPECT_EQ(Unread(seen), 1000);
  EXPECT_EQ(other.Seen(port).received, 0);
  EXPECT_EQ(elsewhere.Seen(port).fd, -1);
  EXPECT_EQ(CallerSockets(port.number()).size(), 2);
}

TEST(Disconnect, ResetsAndLeavesNothingToRead) {
  Port port;
  const Connected caller(port), other(port);
  Bring(caller, 1000);
  ASSERT_TRUE(Disconnect(caller.Seen(port)));

  char byte;
  EXPECT_EQ(recv(caller.ours.get(), &byte, 1, MSG_DONTWAIT), -1);  // not one of the thousand
  EXPECT_NE(errno, EAGAIN);
  pollfd told{caller.theirs.get(), POLLIN, 0};
  ASSERT_EQ(poll(&told, 1, 30'000), 1);
  EXPECT_EQ(recv(caller.theirs.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);

  EXPECT_EQ(caller.Seen(port).fd, -1);
  EXPECT_NE(other.Seen(port).fd, -1);
}

TEST(Disconnect, LeavesADescriptorAloneThatIsAnothersByNow) {
  Port port;
  const Connected caller(port);
  CallerSocket then = caller.Seen(port);
  then.peer = "127.0.0.1:1";
  EXPECT_FALSE(Disconnect(then));
  then.fd = -1;
  EXPECT_FALSE(Disconnect(then));
  EXPECT_EQ(Unread(then), 0);
  EXPECT_NE(caller.Seen(port).fd, -1);
}

}  // namespace
}  // namespace gw::app
