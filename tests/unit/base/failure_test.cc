#include "service/base/failure.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "gateway/v1/reasons.pb.h"

namespace gw {
namespace {

TEST(Failure, ReasonsHaveTheNamesAndNumbersOfTheProtoEnum) {
  std::set<std::string> ours, theirs;
  for (Reason reason : AllReasons()) {
    ours.insert(absl::StrCat("REASON_", ReasonName(reason), "=", static_cast<int>(reason)));
  }
  const auto* descriptor = gateway::v1::Reason_descriptor();
  for (int i = 0; i < descriptor->value_count(); ++i) {
    if (descriptor->value(i)->number() == 0) continue;
    theirs.insert(absl::StrCat(descriptor->value(i)->name(), "=", descriptor->value(i)->number()));
  }
  EXPECT_EQ(ours, theirs);
}

TEST(Failure, TravelsThroughAStatusUnchanged) {
  Failure failure;
  failure.reason = Reason::kUpstreamRateLimited;
  failure.metadata = {{"upstream", "concero"}, {"http_status", "429"}, {"empty", ""}};
  failure.retry_delay = absl::Milliseconds(1500);
  failure.violations = {{"candidate_email", "two\nlines"}, {"", ""}};
  const absl::Status status = MakeFailure(absl::StatusCode::kResourceExhausted, "slow", failure);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetFailure(status), failure);
}

TEST(Failure, AZeroRetryDelayIsNotTheSameAsNone) {
  Failure failure;
  failure.retry_delay = absl::ZeroDuration();
  EXPECT_EQ(GetFailure(MakeFailure(absl::StatusCode::kUnavailable, "", failure)).retry_delay,
            absl::ZeroDuration());
  EXPECT_EQ(GetFailure(absl::UnavailableError("")).retry_delay, std::nullopt);
}

TEST(Failure, PlainDeadlineAndCancelStatusesHaveTheirReason) {
  EXPECT_EQ(GetFailure(absl::DeadlineExceededError("")).reason, Reason::kDeadlineExceeded);
  EXPECT_EQ(GetFailure(absl::CancelledError("")).reason, Reason::kCancelled);
  EXPECT_EQ(GetFailure(absl::InternalError("")).reason, Reason::kUnspecified);
}

TEST(Failure, MetadataIsAddedAndTheRestKept) {
  const absl::Status status =
      WithMetadata(InvalidField("invite_id", "must be above 0"), "request_id", "r");
  const Failure failure = GetFailure(status);
  EXPECT_EQ(failure.reason, Reason::kInvalidField);
  EXPECT_EQ(failure.violations.at(0).field, "invite_id");
  EXPECT_EQ(failure.metadata.back(), (std::pair<std::string, std::string>("request_id", "r")));
  EXPECT_TRUE(WithMetadata(absl::OkStatus(), "a", "b").ok());
}

}  // namespace
}  // namespace gw
