// An upstream that closes connections idle for five seconds, and a call every five seconds: each
// finds a connection that is about to be closed, and must not take it.
#include <atomic>

#include "tests/integration/gateway/allocations_fixture.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kKeepAlive{5};
constexpr int kRounds = 50;

class KeepAlive : public AllocationsTest {
 protected:
  // Allocates whoever it is asked for.
  void Serve(ServerConnection& connection) {
    while (connection.AwaitBytesFor(kKeepAlive)) {
      const auto request = connection.Read();
      if (!request) return;
      const json asked = json::parse(request->body);
      const int invite_id = ++executed_;
      const json answer = {{"success", true},
                           {"message", "Candidate allocated to examination successfully."},
                           {"data",
                            {{"candidate_email", asked.at("candidate_email")},
                             {"examination_id", asked.at("examination_id")},
                             {"invite_id", invite_id},
                             {"invite_link", "https://concero.example/exam/start/x"}}}};
      if (!connection.Answer(201, answer.dump(), "Content-Type: application/json\r\n")) return;
    }
  }

  std::atomic<int> executed_{0};
  ScriptedServer upstream_{[this](ServerConnection& connection) { Serve(connection); }};
};

TEST_F(KeepAlive, OfFiveSecondsAndAnAllocationEveryFiveSecondsLeavesNoneInDoubt) {
  Start({}, upstream_.url() + "/api/v1");
  auto next = std::chrono::steady_clock::now();
  for (int round = 1; round <= kRounds; ++round) {
    std::this_thread::sleep_until(next);
    next += kKeepAlive;
    const std::string id = "r-" + std::to_string(round);
    const Allocated allocated = Allocate(Wanted(id, id + "@company.io"));
    EXPECT_EQ(allocated.what(), "OK") << round << ": " << allocated.status.error_message();
    EXPECT_EQ(allocated.response.allocation().attempt(), 1);
  }
  EXPECT_EQ(executed_, kRounds);
  EXPECT_EQ(upstream_.accepted(), kRounds) << "no connection is used after five idle seconds";
  pb::ListAllocationsRequest in_doubt;
  in_doubt.set_state(pb::ALLOCATION_STATE_IN_DOUBT);
  EXPECT_EQ(List(in_doubt).response.allocations_size(), 0);
}

}  // namespace
}  // namespace gw::testing
