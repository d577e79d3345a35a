#include "service/ledger/ledger_failures.h"

#include <gtest/gtest.h>

#include <string>

#include "service/ledger/recorded_failure_codec.h"
#include "tests/support/failures.h"

namespace gw::ledger {
namespace {

using ::gw::testing::CodeAndReason;
using ::gw::testing::Metadata;

Row RowThatIs(State state) {
  Row row;
  row.seq = 1;
  row.key = {"a caller", "an id"};
  row.state = state;
  return row;
}

TEST(Standing, IsOkForWhatHasAnInvitation) {
  EXPECT_EQ(StandingOf(RowThatIs(State::kSucceeded)), absl::OkStatus());
  EXPECT_EQ(StandingOf(RowThatIs(State::kCancelled)), absl::OkStatus());
}

TEST(Standing, IsAFailureOfItsOwnForEveryOtherState) {
  Failure failure;
  failure.reason = Reason::kUpstreamAllocationFailed;
  Row failed = RowThatIs(State::kFailed);
  failed.error = EncodeRecordedFailure(MakeFailure(absl::StatusCode::kInternal, "no", failure));
  Row doubted = RowThatIs(State::kInDoubt);
  doubted.error = EncodeRecordedFailure(AllocationInDoubt("a timeout", ""));

  const struct {
    Row row;
    std::string failure;
  } cases[] = {
      {RowThatIs(State::kPending), "ABORTED ALLOCATION_IN_PROGRESS"},
      {failed, "INTERNAL UPSTREAM_ALLOCATION_FAILED"},
      {RowThatIs(State::kFailed), "INTERNAL "},
      {doubted, "UNKNOWN ALLOCATION_IN_DOUBT"},
      {RowThatIs(State::kInDoubt), "UNKNOWN ALLOCATION_IN_DOUBT"},
      {RowThatIs(State::kAbandoned), "FAILED_PRECONDITION ALLOCATION_ABANDONED"},
  };
  for (const auto& [row, expected] : cases) {
    SCOPED_TRACE(std::string(StateName(row.state)));
    const absl::Status standing = StandingOf(row);
    EXPECT_EQ(CodeAndReason(standing), expected);
    EXPECT_EQ(Metadata(standing, "request_id"), "an id");
    EXPECT_EQ(GetFailure(standing).retry_delay, std::nullopt);
  }
}

TEST(LedgerFailures, ThoseThatPassSayWhenToRetry) {
  EXPECT_EQ(CodeAndReason(LedgerUnavailable()), "UNAVAILABLE LEDGER_UNAVAILABLE");
  EXPECT_NE(GetFailure(LedgerUnavailable()).retry_delay, std::nullopt);
  EXPECT_EQ(CodeAndReason(LedgerOverloaded()), "RESOURCE_EXHAUSTED OVERLOADED");
  EXPECT_NE(GetFailure(LedgerOverloaded()).retry_delay, std::nullopt);
}

TEST(LedgerFailures, ThoseOfOneAllocationNameIt) {
  const Row row = RowThatIs(State::kAbandoned);
  const struct {
    absl::Status status;
    std::string failure;
  } cases[] = {
      {RequestIdReused("an id"), "INVALID_ARGUMENT REQUEST_ID_REUSED"},
      {AllocationInProgress("an id"), "ABORTED ALLOCATION_IN_PROGRESS"},
      {AllocationNotFound("an id"), "NOT_FOUND ALLOCATION_NOT_FOUND"},
      {AllocationNotInDoubt(row), "FAILED_PRECONDITION ALLOCATION_NOT_IN_DOUBT"},
      {AllocationInDoubt("a timeout", "an id"), "UNKNOWN ALLOCATION_IN_DOUBT"},
  };
  for (const auto& [status, failure] : cases) {
    EXPECT_EQ(CodeAndReason(status), failure);
    EXPECT_EQ(Metadata(status, "request_id"), "an id") << failure;
  }
  EXPECT_EQ(Metadata(AllocationNotFound(""), "request_id"), "(none)");
  EXPECT_NE(AllocationNotInDoubt(row).message().find("ABANDONED"), absl::string_view::npos);
  EXPECT_NE(AllocationInDoubt("a timeout", "").message().find("a timeout"),
            absl::string_view::npos);
}

}  // namespace
}  // namespace gw::ledger
