#include "service/rpc/prologue.h"

#include <gtest/gtest.h>

#include "service/base/failure.h"
#include "tests/support/fakes.h"

namespace gw::rpc {
namespace {

class PrologueTest : public ::testing::Test {
 protected:
  CallInfo EndingIn(absl::Duration d) {
    CallInfo info;
    info.deadline = clock_.Now() + d;
    return info;
  }
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  observe::CallLog calls_{observe::AccessMode::kErrors, Secret("a-key"), clock_, random_};
  Prologue prologue_{clock_, calls_, {absl::Seconds(30), absl::Milliseconds(20)}};
};

TEST_F(PrologueTest, AdmitsACallThatHasTimeLeft) {
  EXPECT_TRUE(prologue_.Admit(EndingIn(absl::Nanoseconds(1))).ok());
}

TEST_F(PrologueTest, RefusesACallWhoseDeadlineHasPassed) {
  const absl::Status status = prologue_.Admit(EndingIn(absl::ZeroDuration()));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(GetFailure(status).reason, Reason::kDeadlineExceeded);
}

TEST_F(PrologueTest, RefusesEveryCallOnceItIsTold) {
  prologue_.RefuseCalls();
  const absl::Status status = prologue_.Admit(EndingIn(absl::Hours(1)));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetFailure(status).reason, Reason::kShuttingDown);
}

TEST_F(PrologueTest, GivesACallWithoutADeadlineTheDefaultOne) {
  const grpc::CallbackServerContext context;
  EXPECT_EQ(prologue_.DeadlineOf(context), clock_.Now() + absl::Seconds(30));
}

}  // namespace
}  // namespace gw::rpc
