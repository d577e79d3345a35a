#include "service/ledger/recorded_failure_codec.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/failures.h"

namespace gw::ledger {
namespace {

using ::gw::testing::CodeAndReason;

absl::Status Recorded(const absl::Status& failure) {
  return DecodeRecordedFailure(EncodeRecordedFailure(failure));
}

TEST(RecordedFailure, ComesBackWithAllButWhenToRetry) {
  Failure failure;
  failure.reason = Reason::kUpstreamRejectedField;
  failure.metadata = {{"upstream", "concero"}, {"http_status", "422"}};
  failure.violations = {{"candidate_email", "is not an address"}, {"examination_id", ""}};
  failure.retry_delay = absl::Seconds(3);
  const absl::Status back =
      Recorded(MakeFailure(absl::StatusCode::kInvalidArgument, "refused \"so\"", failure));
  EXPECT_EQ(CodeAndReason(back), "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD");
  EXPECT_EQ(back.message(), "refused \"so\"");
  EXPECT_EQ(testing::Metadata(back, "upstream"), "concero");
  EXPECT_EQ(testing::Metadata(back, "http_status"), "422");
  EXPECT_EQ(GetFailure(back).violations, failure.violations);
  EXPECT_EQ(GetFailure(back).retry_delay, std::nullopt);
}

TEST(RecordedFailure, IsReadByNamesRatherThanByOurNumbers) {
  Failure failure;
  failure.reason = Reason::kUpstreamAllocationFailed;
  const auto json = nlohmann::json::parse(
      EncodeRecordedFailure(MakeFailure(absl::StatusCode::kInternal, "no", failure)));
  EXPECT_EQ(json, (nlohmann::json{
                      {"code", 13}, {"reason", "UPSTREAM_ALLOCATION_FAILED"}, {"message", "no"}}));
}

TEST(RecordedFailure, EveryReasonAndCodeComesBack) {
  for (const Reason reason : AllReasons()) {
    for (int code = 1; code <= 16; ++code) {
      Failure failure;
      failure.reason = reason;
      const absl::Status status = MakeFailure(static_cast<absl::StatusCode>(code), "why", failure);
      EXPECT_EQ(CodeAndReason(Recorded(status)), CodeAndReason(status));
    }
  }
}

TEST(RecordedFailure, BytesThatAreNoTextBreakNothing) {
  const absl::Status back =
      Recorded(absl::InternalError("a\xFF"
                                   "b"));
  EXPECT_EQ(back.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(back.message(),
            "a\xEF\xBF\xBD"
            "b");
}

TEST(RecordedFailure, WhatCannotBeReadIsInternalWithoutAReason) {
  for (const std::string text : {"", "no json", "[]", "13", "null", "{}", R"({"code": "13"})",
                                 R"({"code": 0})", R"({"code": 17})", R"({"code": -1})",
                                 R"({"code": 1.5})", R"({"code": 13)", R"({"code": 4294967309})"}) {
    EXPECT_EQ(CodeAndReason(DecodeRecordedFailure(text)), "INTERNAL ") << text;
  }
}

TEST(RecordedFailure, OfALaterVersionIsReadAsFarAsItIsUnderstood) {
  const absl::Status status = DecodeRecordedFailure(
      R"({"code": 14, "reason": "OF_TOMORROW", "message": 7, "metadata": {"a": "b", "c": 1},
          "violations": ["x", {"field": "f"}], "more": true})");
  EXPECT_EQ(CodeAndReason(status), "UNAVAILABLE ");
  EXPECT_EQ(status.message(), "");
  EXPECT_EQ(testing::Metadata(status, "a"), "b");
  EXPECT_EQ(testing::Metadata(status, "c"), "(none)");
  EXPECT_EQ(GetFailure(status).violations, (std::vector<FieldViolation>{{"f", ""}}));
}

}  // namespace
}  // namespace gw::ledger
