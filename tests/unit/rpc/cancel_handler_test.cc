// CancelAllocation: what the portal did is recorded, and told once it is.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "service/concero/client.h"
#include "service/rpc/assessment_handlers.h"
#include "tests/support/fake_transport.h"
#include "tests/unit/ledger/allocations_fixture.h"
#include "tests/unit/rpc/asking.h"

namespace gw::testing {
namespace {

namespace pb = ::concero::v1;

constexpr char kCancelled[] = R"({"success":true,"data":{"invite_id":31,"status":"cancelled"}})";

class CancelHandling : public AllocationsTest {
 protected:
  using Cancel = Asking<pb::CancelAllocationRequest, pb::CancelAllocationResponse>;

  CancelHandling() {
    const auto call = Allocate({"a"});
    LeaveAndAnswer(0, Succeeded(31));
    EXPECT_EQ(RowOf("a"), "SUCCEEDED 1");
  }
  // Has the portal cancel it.
  std::unique_ptr<Cancel> Ask() {
    auto asking = std::make_unique<Cancel>();
    asking->request.set_invite_id(31);
    rpc::CallInfo& info = asking->caller.info;
    info.caller = "a caller";
    info.deadline = clock_.Now() + absl::Seconds(1);
    info.cancel = asking->caller.cancel.get_token();
    transport_.PrepareAnswer(Answered(200, kCancelled));
    handlers_.CancelAllocation(
        {asking->caller, asking->request, asking->response, asking->caller.info});
    return asking;
  }

 private:
  FakeTransport transport_;
  concero::Client client_{transport_};
  concero::ExaminationCache cache_{[](auto) {}, clock_, timer_, {.ttl = absl::Hours(1)}};
  rpc::AssessmentHandlers handlers_{client_, cache_, ledger_, *allocations_, timer_};
};

TEST_F(CancelHandling, IsToldOnceItIsRecorded) {
  store_.Hold();
  const auto cancel = Ask();
  store_.WaitForHeld();
  EXPECT_EQ(cancel->caller.told(), "waiting");
  store_.LetGo();
  Rest();
  EXPECT_EQ(cancel->caller.told(), "OK");
  EXPECT_EQ(cancel->response.state(), pb::ALLOCATION_STATE_CANCELLED);
  EXPECT_EQ(cancel->response.invite_id(), 31);
  EXPECT_EQ(RowOf("a"), "CANCELLED 1");
}

TEST_F(CancelHandling, OfWhichTheLedgerCannotBeToldYetSaysSoAndIsRecordedLater) {
  store_.FailWith({"gone"});
  const auto first = Ask();
  const auto again = Ask();
  Rest();
  for (const auto* cancel : {&first, &again}) {
    const absl::Status told = (*cancel)->caller.status();
    EXPECT_EQ(CodeAndReason(told), "UNAVAILABLE LEDGER_UNAVAILABLE");
    EXPECT_THAT(told.message(), ::testing::HasSubstr("cancelled in the portal"));
    EXPECT_NE(GetFailure(told).retry_delay, std::nullopt);
  }
  EXPECT_EQ(RowOf("a"), "SUCCEEDED 1");
  EXPECT_EQ(ledger_.owed(), 1) << "however often it is asked for";
  store_.Recover();
  ASSERT_TRUE(ledger_.Flush(absl::Minutes(5)));
  EXPECT_EQ(RowOf("a"), "CANCELLED 1");
}

TEST_F(CancelHandling, IsRecordedAlsoWhenNobodyWaitsAnyMore) {
  store_.Hold();
  const auto late = Ask();
  const auto left = Ask();
  store_.WaitForHeld();
  left->caller.cancel.request_stop();
  timer_.Advance(absl::Seconds(2));
  EXPECT_EQ(late->caller.told(), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  EXPECT_EQ(left->caller.told(), "CANCELLED CANCELLED");
  store_.LetGo();
  Rest();
  EXPECT_EQ(RowOf("a"), "CANCELLED 1");
}

}  // namespace
}  // namespace gw::testing
