// Callers who stop waiting for an allocation, and what becomes of it without them.
#include "tests/integration/gateway/allocations_fixture.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using nlohmann::json;

// With this margin a call that has 20 s more than the gateway gives itself is told by the gateway,
// however busy the machine.
constexpr char kWideMargin[] = "deadline_margin: 20s";
constexpr std::chrono::seconds kThreeOfTheGateways{23};
constexpr char kActive[] = "http_client_active_requests{upstream=\"concero\"}";

class AllocationWaits : public AllocationsTest {
 protected:
  // Takes the only place of `max_in_flight: 1`, until it is let go.
  class Occupant {
   public:
    Occupant(pb::AssessmentService::Stub& stub, Sandbox& sandbox) {
      sandbox.SetFaults(json::array({{{"path", "/api/v1/report"}, {"delay_ms", 3'600'000}}}));
      request_.set_invite_id(142);
      context_.set_deadline(std::chrono::system_clock::now() + kPatience);
      stub.async()->GetReport(&context_, &request_, &response_,
                              [this](const grpc::Status&) { ended_.set_value(); });
      sandbox.AwaitReceived("/report", 1);
    }
    ~Occupant() {
      context_.TryCancel();
      ended_.get_future().wait();
    }

   private:
    grpc::ClientContext context_;
    pb::GetReportRequest request_;
    pb::GetReportResponse response_;
    std::promise<void> ended_;
  };

  void ExpectTakenBackAndSentByTheNext(const std::string& request_id, const std::string& why) {
    const pb::Allocation failed = AwaitState(request_id, pb::ALLOCATION_STATE_FAILED);
    EXPECT_EQ(failed.attempt(), 1);
    const auto& events = failed.events();
    ASSERT_EQ(events.size(), 2);
    EXPECT_EQ(events[1].note(), why);
    EXPECT_EQ(Posts(), 0);
  }
  void ExpectSentNow(const std::string& request_id) {
    const Allocated second = Allocate(request_id);
    ASSERT_EQ(second.what(), "OK");
    EXPECT_FALSE(second.response.replayed());
    EXPECT_EQ(second.response.allocation().attempt(), 2);
    EXPECT_EQ(Posts(), 1);
  }
};

TEST_F(AllocationWaits, EndedByTheDeadlineAfterItLeftAreInProgressAndTheNextCallGetsTheOutcome) {
  Start({.concero = "timeout: 100s, allocation: {min_time: 0s}", .grpc = kWideMargin});
  FaultPosts({{"delay_ms", 6000}});
  const auto first = Begin(Wanted("r-1"), kThreeOfTheGateways);
  EXPECT_EQ(first->Await().what(), "ABORTED ALLOCATION_IN_PROGRESS");
  EXPECT_EQ(first->Await().metadata("request_id"), "r-1");
  const Allocated second = Allocate("r-1");
  EXPECT_EQ(second.what(), "OK");
  EXPECT_TRUE(second.response.replayed());
  EXPECT_EQ(second.response.allocation().attempt(), 1);
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationWaits, EndedByACancelAfterItLeftDoNotTakeItBack) {
  Start({.concero = "timeout: 100s"});
  FaultPosts({{"delay_ms", 1000}});
  const auto first = Begin(Wanted("r-1"));
  AwaitPosts(1);
  first->Cancel();
  EXPECT_EQ(first->Await().status.error_code(), grpc::StatusCode::CANCELLED);
  const Allocated second = Allocate("r-1");
  EXPECT_EQ(second.what(), "OK");
  EXPECT_TRUE(second.response.replayed());
  EXPECT_EQ(second.response.allocation().attempt(), 1);
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationWaits, OfNobodyAreRecordedAllTheSame) {
  Start({.concero = "timeout: 100s"});
  FaultPosts({{"delay_ms", 500}});
  const auto first = Begin(Wanted("r-1"));
  AwaitPosts(1);
  first->Cancel();
  first->Await();
  EXPECT_GT(AwaitState("r-1", pb::ALLOCATION_STATE_SUCCEEDED).invite_id(), 0);
  // The log is written behind the calls.
  while (gateway_->Logged("late_allocation_outcome").empty()) std::this_thread::yield();
  EXPECT_EQ(gateway_->Logged("late_allocation_outcome")[0].at("outcome"), "SUCCEEDED");
}

TEST_F(AllocationWaits, CancelledBeforeItLeftTakeItBackAndTheNextCallSendsIt) {
  {
    const BlackHole upstream;
    Start({.concero = "timeout: 1h, connect_timeout: 1h"}, upstream.url() + "/api/v1");
    const auto first = Begin(Wanted("r-1"));
    AwaitState("r-1", pb::ALLOCATION_STATE_PENDING);
    while (gateway_->Metric(kActive) != 1) std::this_thread::yield();
    first->Cancel();
    EXPECT_EQ(first->Await().status.error_code(), grpc::StatusCode::CANCELLED);
    ExpectTakenBackAndSentByTheNext("r-1", "CANCELLED");
  }
  Start();
  ExpectSentNow("r-1");
}

TEST_F(AllocationWaits, CancelledWhileThereIsNoPlaceForItTakeItBack) {
  Start({.concero = "timeout: 1h, max_in_flight: 1"});
  {
    const Occupant occupant(*stub_, sandbox_);
    const auto first = Begin(Wanted("r-1"));
    AwaitState("r-1", pb::ALLOCATION_STATE_PENDING);
    first->Cancel();
    EXPECT_EQ(first->Await().status.error_code(), grpc::StatusCode::CANCELLED);
    ExpectTakenBackAndSentByTheNext("r-1", "CANCELLED");
  }
  ExpectSentNow("r-1");
}

TEST_F(AllocationWaits, EndedByTheDeadlineBeforeItLeftTakeItBack) {
  Start({.concero = "timeout: 1h, max_in_flight: 1", .grpc = kWideMargin});
  {
    const Occupant occupant(*stub_, sandbox_);
    const auto first = Begin(Wanted("r-1"), kThreeOfTheGateways);
    EXPECT_EQ(first->Await().what(), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
    EXPECT_EQ(first->Await().metadata("request_id"), "r-1");
    ExpectTakenBackAndSentByTheNext("r-1", "DEADLINE_EXCEEDED");
  }
  ExpectSentNow("r-1");
}

TEST_F(AllocationWaits, OfTwoAreEachTheirOwn) {
  Start({.concero = "timeout: 100s, allocation: {min_time: 0s}", .grpc = kWideMargin});
  FaultPosts({{"delay_ms", 6000}});
  const auto hurried = Begin(Wanted("r-1"), kThreeOfTheGateways);
  AwaitPosts(1);
  const auto patient = Begin(Wanted("r-1"));
  EXPECT_EQ(hurried->Await().what(), "ABORTED ALLOCATION_IN_PROGRESS");
  EXPECT_EQ(patient->Await().what(), "OK");
  EXPECT_TRUE(patient->Await().response.replayed()) << "it is the other that had it sent";
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationWaits, AreNotOverForTheOtherWhenOneEndsBeforeItLeft) {
  Start({.concero = "timeout: 1h, max_in_flight: 1", .grpc = kWideMargin});
  std::unique_ptr<RunningAllocation> patient;
  {
    const Occupant occupant(*stub_, sandbox_);
    patient = Begin(Wanted("r-1"));
    AwaitState("r-1", pb::ALLOCATION_STATE_PENDING);
    const auto hurried = Begin(Wanted("r-1"), kThreeOfTheGateways);
    EXPECT_EQ(hurried->Await().what(), "ABORTED ALLOCATION_IN_PROGRESS");
    EXPECT_EQ(Posts(), 0);
  }
  EXPECT_EQ(patient->Await().what(), "OK");
  EXPECT_EQ(patient->Await().response.allocation().attempt(), 1) << "it was taken back";
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationWaits, TooShortToSendItRecordNothing) {
  Start({.concero = "allocation: {min_time: 1h}"});
  const Allocated refused = Allocate("r-1");
  EXPECT_EQ(refused.what(), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  EXPECT_EQ(refused.metadata("request_id"), "r-1");
  EXPECT_EQ(List().response.allocations_size(), 0);
  EXPECT_EQ(Posts(), 0);
}

TEST_F(AllocationWaits, TooShortToSendItAreLongEnoughForWhatIsRecorded) {
  Start();
  const Allocated first = Allocate("r-1");
  PutInDoubt("r-2");
  Start({.concero = "allocation: {min_time: 1h}"});
  const Allocated again = Allocate("r-1");
  EXPECT_EQ(again.what(), "OK");
  EXPECT_EQ(again.response.allocation().invite_id(), first.response.allocation().invite_id());
  EXPECT_EQ(Allocate("r-2").what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(Posts(), 2);
}

// The time is left when it begins, and is not when its turn comes.
TEST_F(AllocationWaits, TooShortWhenItsTurnComesDoNotLetItLeave) {
  // Not longer: gRPC rounds what is left the more, the more it is.
  Start({.concero = "timeout: 1h, max_in_flight: 1, allocation: {min_time: 60s}"});
  std::unique_ptr<RunningAllocation> first;
  {
    const Occupant occupant(*stub_, sandbox_);
    first = Begin(Wanted("r-1"), std::chrono::seconds(65));
    AwaitState("r-1", pb::ALLOCATION_STATE_PENDING);
    // More than the 5 s beyond min_time.
    std::this_thread::sleep_for(std::chrono::milliseconds(5200));
  }
  EXPECT_EQ(first->Await().what(), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  EXPECT_EQ(AwaitState("r-1", pb::ALLOCATION_STATE_FAILED).attempt(), 1);
  EXPECT_EQ(Posts(), 0);
}

}  // namespace
}  // namespace gw::testing
