// What answers hold of the memory that all calls share.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "service/base/byte_budget.h"
#include "tests/integration/http/engine_fixture.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

constexpr size_t kBody = 6000, kLimit = 10'000;

TEST(Memory, IsHeldByAnAnswerAsLongAsItIsKept) {
  ScriptedServer server([](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(200, std::string(kBody, 'x'));
  });
  ByteBudget memory(kLimit);
  Engine engine(OptionsFor(server.url(), server.port()), &http::SystemLookup, SystemClock(),
                &memory);
  {
    const http::Outcome kept = engine.Send(Get("/"));
    EXPECT_EQ(AsResponse(kept).body.size(), kBody);
    EXPECT_GE(memory.held(), kBody);
    const http::Outcome refused = engine.Send(Get("/"));
    EXPECT_EQ(AsError(refused).kind, http::ErrorKind::kMemory);
    EXPECT_EQ(AsError(refused).phase, http::Phase::kAnswering);
    EXPECT_EQ(memory.held() % kBody, 0u) << "the refused one holds nothing";
  }
  engine.Stop();
  EXPECT_EQ(memory.held(), 0u);
}

TEST(Memory, IsNoReasonToThrowAwayTheAnswerToAOneShot) {
  ScriptedServer server([](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(201, std::string(kBody, 'x'));
  });
  ByteBudget memory(kLimit);
  ASSERT_TRUE(memory.Take(kLimit));
  Engine engine(OptionsFor(server.url(), server.port()), &http::SystemLookup, SystemClock(),
                &memory);
  EXPECT_EQ(AsResponse(engine.Send(OneShot("/", "{}"))).body.size(), kBody);
  EXPECT_EQ(memory.held(), kLimit);
}

TEST(Memory, IsReturnedByAnAnswerThatIsGivenUpHalfway) {
  std::atomic<bool> done{false};
  ScriptedServer server([&](ServerConnection& connection) {
    if (!connection.Read()) return;
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + std::string(kBody, 'x'));
    while (!done) std::this_thread::yield();
  });
  ByteBudget memory(kLimit);
  Engine engine(OptionsFor(server.url(), server.port()), &http::SystemLookup, SystemClock(),
                &memory);
  std::stop_source cancel;
  http::Request request = Get("/");
  request.cancel = cancel.get_token();
  Outcomes outcomes;
  engine.loop().Start(std::move(request), outcomes.Expect());
  while (memory.held() < kBody) std::this_thread::yield();
  cancel.request_stop();
  outcomes.Await();
  done = true;
  engine.Stop();
  EXPECT_EQ(memory.held(), 0u);
}

}  // namespace
}  // namespace gw::testing
