#include "service/rpc/prologue.h"

#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/match.h"
#include "service/base/failure.h"
#include "tests/support/failures.h"
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
  static absl::Status Admit(const Prologue& prologue, const CallInfo& info) {
    Quotas::Place place;
    return prologue.Admit(info, "/package.Service/Method", place);
  }
  absl::Status Admit(const CallInfo& info) { return Admit(prologue_, info); }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
  observe::CallLog calls_{observe::AccessMode::kErrors, Secret("a-key"), clock_, random_};
  Prologue prologue_{clock_, calls_, {}};
};

// What the policy says of every path.
class Says final : public Permissions {
 public:
  explicit Says(bool allows) : allows_(allows) {}
  bool Allows(absl::string_view path) const override {
    EXPECT_EQ(path, "/package.Service/Method");
    return allows_;
  }

 private:
  const bool allows_;
};

TEST_F(PrologueTest, AdmitsACallThatHasTimeLeft) {
  EXPECT_TRUE(Admit(EndingIn(absl::Nanoseconds(1))).ok());
}

TEST_F(PrologueTest, RefusesACallWhoseDeadlineHasPassed) {
  const absl::Status status = Admit(EndingIn(absl::ZeroDuration()));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(GetFailure(status).reason, Reason::kDeadlineExceeded);
}

TEST_F(PrologueTest, RefusesEveryCallOnceItIsTold) {
  prologue_.RefuseCalls();
  const absl::Status status = Admit(EndingIn(absl::Hours(1)));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetFailure(status).reason, Reason::kShuttingDown);
}

TEST_F(PrologueTest, GivesACallWithoutADeadlineTheDefaultOne) {
  const grpc::CallbackServerContext context;
  EXPECT_EQ(prologue_.DeadlineOf(context, absl::Seconds(30)), clock_.Now() + absl::Seconds(30));
  EXPECT_TRUE(prologue_.DeadlineOf(context, absl::InfiniteDuration()).IsNever());
}

TEST_F(PrologueTest, AsksThePolicyOnlyWhenThereIsOne) {
  Authorization authorization;
  Prologue::Options options;
  options.authorization = &authorization;
  const Prologue prologue(clock_, calls_, options);
  const Says no(false), yes(true);
  CallInfo info = EndingIn(absl::Seconds(1));
  info.permissions = &no;
  EXPECT_TRUE(Admit(prologue, info).ok());
  authorization.Use(std::make_shared<Policy>());
  const absl::Status refused = Admit(prologue, info);
  EXPECT_EQ(testing::CodeAndReason(refused), "PERMISSION_DENIED CALLER_NOT_ALLOWED");
  EXPECT_TRUE(absl::StrContains(refused.message(), "/package.Service/Method")) << refused;
  info.permissions = &yes;
  EXPECT_TRUE(Admit(prologue, info).ok());
  info.permissions = nullptr;
  EXPECT_FALSE(Admit(prologue, info).ok());
}

TEST_F(PrologueTest, RefusesFirstForTheEndThenByThePolicyThenTheQuotaThenTheDeadline) {
  Authorization authorization;
  authorization.Use(std::make_shared<Policy>());
  Quotas quotas(clock_, {{1, std::nullopt}, {}, false});
  Prologue::Options options;
  options.authorization = &authorization;
  options.quotas = &quotas;
  Prologue prologue(clock_, calls_, options);
  const Says no(false), yes(true);
  CallInfo late = EndingIn(absl::ZeroDuration());
  late.permissions = &yes;
  EXPECT_EQ(testing::CodeAndReason(Admit(prologue, late)), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  EXPECT_EQ(testing::CodeAndReason(Admit(prologue, late)), "RESOURCE_EXHAUSTED QUOTA_EXCEEDED");
  late.permissions = &no;
  EXPECT_EQ(testing::CodeAndReason(Admit(prologue, late)), "PERMISSION_DENIED CALLER_NOT_ALLOWED");
  prologue.RefuseCalls();
  EXPECT_EQ(testing::CodeAndReason(Admit(prologue, late)), "UNAVAILABLE SHUTTING_DOWN");
}

TEST_F(PrologueTest, CountsACallForItsCaller) {
  Quotas quotas(clock_, {{1, std::nullopt}, {}, false});
  Prologue::Options options;
  options.quotas = &quotas;
  const Prologue prologue(clock_, calls_, options);
  CallInfo info = EndingIn(absl::Seconds(1));
  for (const char* caller : {"web", "batch"}) {
    info.caller = caller;
    EXPECT_TRUE(Admit(prologue, info).ok()) << caller;
    EXPECT_FALSE(Admit(prologue, info).ok()) << caller;
  }
}

}  // namespace
}  // namespace gw::rpc
