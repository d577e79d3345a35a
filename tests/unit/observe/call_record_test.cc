#include "service/observe/call_record.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/fakes.h"

namespace gw::observe {
namespace {

class CallRecordTest : public ::testing::Test {
 protected:
  CallRecord WithId(const std::string& id) { return {id, std::nullopt, hash_, clock_, random_}; }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
  const KeyedHash hash_{Secret("a-key")};
};

TEST_F(CallRecordTest, KeepsTheIdThatTheCallCameWith) {
  EXPECT_EQ(WithId("order-7741").request_id(), "order-7741");
  EXPECT_EQ(WithId("order-7741").request_id_for_log(), "order-7741");
}

TEST_F(CallRecordTest, MakesAnIdOnceForACallWithoutOne) {
  const CallRecord record = WithId("");
  testing::FakeRandom same;
  const std::string id = MakeUuid(same, clock_.WallNow());
  EXPECT_EQ(record.request_id(), id);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(record.request_id(), id);
  EXPECT_EQ(record.request_id_for_log(), id);
}

TEST_F(CallRecordTest, MakesNoIdThatNobodyAsksFor) {
  WithId("");
  EXPECT_EQ(random_.Next(), 1u) << "the first number was taken";
}

TEST_F(CallRecordTest, ShowsTheLogNoIdThatMayBeAnAddress) {
  EXPECT_EQ(WithId("arjun.mehta@company.io").request_id(), "arjun.mehta@company.io");
  EXPECT_EQ(WithId("arjun.mehta@company.io").request_id_for_log(),
            hash_.OfEmail("arjun.mehta@company.io"));
}

TEST_F(CallRecordTest, CountsRequestsAndKeepsTheLastStatus) {
  CallRecord record = WithId("r");
  EXPECT_EQ(record.attempts(), 0);
  EXPECT_EQ(record.upstream_status(), 0);
  record.RequestLeaves();
  record.RequestAnswered(503);
  record.RequestLeaves();
  record.RequestAnswered(200);
  EXPECT_EQ(record.attempts(), 2);
  EXPECT_EQ(record.upstream_status(), 200);
}

}  // namespace
}  // namespace gw::observe
