// What a gateway finds when it comes after one that was killed, or that ended while it sent.
#include "tests/integration/gateway/allocations_fixture.h"

namespace gw::testing {
namespace {

class AllocationsOverARestart : public AllocationsTest {};

TEST_F(AllocationsOverARestart, AreInDoubtWhenTheGatewayWasKilledWhileTheyWereOut) {
  Start({.concero = "timeout: 1h"});
  HangPosts();
  const auto first = Begin(Wanted("r-1"));
  AwaitPosts(1);
  Kill();
  EXPECT_EQ(first->Await().status.error_code(), grpc::StatusCode::UNAVAILABLE);
  sandbox_.ClearFaults();

  Start();
  EXPECT_EQ(gateway_->Logged("allocations_in_doubt_after_restart").size(), 1u);
  const Allocated again = Allocate("r-1");
  EXPECT_EQ(again.what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(again.metadata("request_id"), "r-1");
  EXPECT_EQ(Allocate("").what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  const pb::Allocation row = RowOf("r-1");
  EXPECT_EQ(row.state(), pb::ALLOCATION_STATE_IN_DOUBT);
  EXPECT_EQ(row.error().code(), grpc::StatusCode::UNKNOWN);
  ASSERT_EQ(Trail(row), "PENDING IN_DOUBT");
  EXPECT_EQ(row.events(0).actor(), "anonymous");
  EXPECT_EQ(row.events(1).actor(), "gateway");
  EXPECT_EQ(row.events(1).note(), "the gateway that sent it has stopped");
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationsOverARestart, AreInDoubtWhenTheGatewayWasKilledBeforeTheyLeft) {
  Start({.concero = "timeout: 1h, max_in_flight: 1"});
  HangPosts();
  const auto occupant = Begin(Wanted("r-0", "someone.else@company.io"));
  AwaitPosts(1);
  const auto first = Begin(Wanted("r-1"));
  AwaitState("r-1", pb::ALLOCATION_STATE_PENDING);
  Kill();
  sandbox_.ClearFaults();
  Start();
  // Nobody can know that it had not left.
  EXPECT_EQ(Allocate("r-1").what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationsOverARestart, KeepWhatWasAcknowledgedWhenTheGatewayIsKilled) {
  Start();
  std::vector<int64_t> invite_ids;
  constexpr int kMany = 30;
  for (int i = 0; i < kMany; ++i) {
    const Allocated allocated = Allocate("r-" + std::to_string(i));
    ASSERT_EQ(allocated.what(), "OK");
    invite_ids.push_back(allocated.response.allocation().invite_id());
  }
  Kill();
  Start();
  for (int i = 0; i < kMany; ++i) {
    const Allocated again = Allocate("r-" + std::to_string(i));
    EXPECT_TRUE(again.response.replayed());
    EXPECT_EQ(again.response.allocation().invite_id(), invite_ids[static_cast<size_t>(i)]);
  }
  EXPECT_EQ(Posts(), kMany);
}

TEST_F(AllocationsOverARestart, AreFinishedAndRecordedWithinTheGrace) {
  Start({.concero = "timeout: 100s", .shutdown = "pause: 0s, grace: 100s"});
  FaultPosts({{"delay_ms", 1000}});
  const auto first = Begin(Wanted("r-1"));
  AwaitPosts(1);
  Stop();
  EXPECT_EQ(first->Await().what(), "OK");
  Start();
  const Allocated again = Allocate("r-1");
  EXPECT_TRUE(again.response.replayed());
  EXPECT_EQ(again.response.allocation().invite_id(),
            first->Await().response.allocation().invite_id());
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationsOverARestart, AreFinishedAndRecordedWithinTheGraceWhenNobodyWaits) {
  Start({.concero = "timeout: 100s", .shutdown = "pause: 0s, grace: 100s"});
  FaultPosts({{"delay_ms", 1000}});
  const auto first = Begin(Wanted("r-1"));
  AwaitPosts(1);
  first->Cancel();
  first->Await();
  Stop();
  Start();
  EXPECT_EQ(RowOf("r-1").state(), pb::ALLOCATION_STATE_SUCCEEDED);
  EXPECT_EQ(Trail(RowOf("r-1")), "PENDING SUCCEEDED");
}

TEST_F(AllocationsOverARestart, AreInDoubtAfterTheGrace) {
  Start({.concero = "timeout: 1h", .shutdown = "pause: 0s, grace: 100ms"});
  HangPosts();
  const auto first = Begin(Wanted("r-1"));
  AwaitPosts(1);
  Stop();
  EXPECT_EQ(first->Await().what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  sandbox_.ClearFaults();
  Start();
  EXPECT_TRUE(gateway_->Logged("allocations_in_doubt_after_restart").empty())
      << "it was recorded by the one that sent it";
  EXPECT_EQ(Allocate("r-1").what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(RowOf("r-1").events(1).note(), "ALLOCATION_IN_DOUBT");
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationsOverARestart, ThatDidNotLeaveWithinTheGraceAreSentByTheNext) {
  Start({.concero = "timeout: 1h, max_in_flight: 1", .shutdown = "pause: 0s, grace: 100ms"});
  HangPosts();
  const auto occupant = Begin(Wanted("r-0", "someone.else@company.io"));
  AwaitPosts(1);
  const auto first = Begin(Wanted("r-1"));
  AwaitState("r-1", pb::ALLOCATION_STATE_PENDING);
  Stop();
  EXPECT_EQ(first->Await().what(), "UNAVAILABLE SHUTTING_DOWN");
  sandbox_.ClearFaults();
  Start();
  const Allocated second = Allocate("r-1");
  EXPECT_EQ(second.what(), "OK");
  EXPECT_EQ(second.response.allocation().attempt(), 2);
  EXPECT_EQ(Posts(), 2);
}

// The list is kept in the same file.
class ListOverARestart : public AllocationsTest {
 protected:
  Ended<pb::ListExaminationsResponse> Examinations(bool now = false) {
    Ended<pb::ListExaminationsResponse> ended;
    pb::ListExaminationsRequest request;
    if (now) request.mutable_max_staleness();
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    ended.status = stub_->ListExaminations(&context, request, &ended.response);
    return ended;
  }
};

TEST_F(ListOverARestart, IsTheLastGoodOneMarkedStaleWhileConceroIsDown) {
  Start();
  const auto fresh = Examinations();
  ASSERT_EQ(fresh.what(), "OK");
  EXPECT_FALSE(fresh.response.stale());
  Stop();
  sandbox_.process().Signal(SIGKILL);
  sandbox_.process().Wait();
  for (int restarts = 0; restarts < 2; ++restarts) {
    Start();
    const auto kept = Examinations();
    ASSERT_EQ(kept.what(), "OK");
    EXPECT_TRUE(kept.response.stale());
    EXPECT_EQ(kept.response.version(), fresh.response.version());
    EXPECT_EQ(kept.response.fetch_time().SerializeAsString(),
              fresh.response.fetch_time().SerializeAsString());
    ASSERT_EQ(kept.response.examinations_size(), fresh.response.examinations_size());
    for (int i = 0; i < kept.response.examinations_size(); ++i) {
      EXPECT_EQ(kept.response.examinations(i).SerializeAsString(),
                fresh.response.examinations(i).SerializeAsString());
    }
    EXPECT_EQ(Examinations(/*now=*/true).what(), "UNAVAILABLE UPSTREAM_UNAVAILABLE");
  }
}

TEST_F(ListOverARestart, IsTheOneOfItsBaseUrlAlone) {
  Start();
  ASSERT_EQ(Examinations().what(), "OK");
  Start({}, "http://127.0.0.1:1/api/v1");
  EXPECT_EQ(Examinations().what(), "UNAVAILABLE UPSTREAM_UNAVAILABLE");
}

}  // namespace
}  // namespace gw::testing
