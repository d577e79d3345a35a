#include "concero_gateway/failure.h"

#include <gtest/gtest.h>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "client/library/outcome_mark.h"
#include "concero_gateway/fake_failure.h"
#include "google/rpc/error_details.pb.h"

namespace concero {
namespace {

using gateway::v1::Reason;

absl::Status WithInfo(const std::string& domain, const std::string& reason) {
  google::rpc::ErrorInfo info;
  info.set_domain(domain);
  info.set_reason(reason);
  (*info.mutable_metadata())["request_id"] = "order-1";
  absl::Status status(absl::StatusCode::kUnavailable, "");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                    absl::Cord(info.SerializeAsString()));
  return status;
}

TEST(ClientFailure, HasItsReasonFromTheGatewaysErrorInfoOnly) {
  EXPECT_EQ(ReasonOf(WithInfo("concero-gateway", "UPSTREAM_CIRCUIT_OPEN")),
            gateway::v1::REASON_UPSTREAM_CIRCUIT_OPEN);
  EXPECT_EQ(ReasonOf(WithInfo("mesh.example", "UPSTREAM_CIRCUIT_OPEN")),
            gateway::v1::REASON_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(WithInfo("concero-gateway", "OF_NEXT_YEAR")), gateway::v1::REASON_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(absl::UnavailableError("")), gateway::v1::REASON_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(absl::OkStatus()), gateway::v1::REASON_UNSPECIFIED);
}

TEST(ClientFailure, SurvivesDetailsThatCannotBeRead) {
  absl::Status status = absl::UnavailableError("");
  for (const char* type : {"ErrorInfo", "RetryInfo", "BadRequest"}) {
    status.SetPayload(absl::StrCat("type.googleapis.com/google.rpc.", type), absl::Cord("\xff"));
  }
  EXPECT_EQ(ReasonOf(status), gateway::v1::REASON_UNSPECIFIED);
  EXPECT_EQ(MetadataOf(status, "field"), "");
  EXPECT_EQ(RetryDelayOf(status), std::nullopt);
  EXPECT_TRUE(FieldViolationsOf(status).empty());
}

TEST(ClientFailure, TellsMetadataDelayAndViolations) {
  const std::vector<FieldViolation> violations = {{"email", "is taken"}, {"name", "is empty"}};
  const absl::Status status =
      MakeFailure(gateway::v1::REASON_OVERLOADED, {.retry_delay = absl::Milliseconds(1500),
                                                   .metadata = {{"limit", "memory"}},
                                                   .violations = violations});
  EXPECT_EQ(MetadataOf(status, "limit"), "memory");
  EXPECT_EQ(MetadataOf(status, "field"), "");
  EXPECT_EQ(RetryDelayOf(status), absl::Milliseconds(1500));
  EXPECT_EQ(FieldViolationsOf(status), violations);
  EXPECT_EQ(RetryDelayOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(MetadataOf(WithInfo("mesh.example", "X"), "request_id"), "");
}

TEST(ClientFailure, GoesToTheProtoAndBackWithAllItsDetails) {
  const absl::Status status = MakeFailure(gateway::v1::REASON_INVALID_FIELD,
                                          {.metadata = {{"field", "email"}}, .violations = {{}}});
  const google::rpc::Status proto = ToProto(status);
  EXPECT_EQ(proto.code(), 3);
  EXPECT_EQ(proto.details_size(), 2);
  EXPECT_EQ(FromProto(proto), status);
}

// The failure table: code, whether it is safe to repeat, whether there is doubt.
TEST(ClientFailure, IsJudgedByTheFailureTable) {
  const struct {
    Reason reason;
    absl::StatusCode code;
    bool safe, in_doubt;
  } kTable[] = {
      {gateway::v1::REASON_INVALID_FIELD, absl::StatusCode::kInvalidArgument, false, false},
      {gateway::v1::REASON_PAGE_TOKEN_INVALID, absl::StatusCode::kInvalidArgument, false, false},
      {gateway::v1::REASON_PAGE_TOKEN_EXPIRED, absl::StatusCode::kAborted, true, false},
      {gateway::v1::REASON_UPSTREAM_NOT_CONFIGURED, absl::StatusCode::kUnimplemented, false, false},
      {gateway::v1::REASON_UPSTREAM_KEY_REJECTED, absl::StatusCode::kFailedPrecondition, false,
       false},
      {gateway::v1::REASON_UPSTREAM_IP_NOT_ALLOWED, absl::StatusCode::kFailedPrecondition, false,
       false},
      {gateway::v1::REASON_UPSTREAM_NOT_AUTHORIZED, absl::StatusCode::kFailedPrecondition, false,
       false},
      {gateway::v1::REASON_UPSTREAM_NOT_FOUND, absl::StatusCode::kNotFound, false, false},
      {gateway::v1::REASON_UPSTREAM_REJECTED_FIELD, absl::StatusCode::kInvalidArgument, false,
       false},
      {gateway::v1::REASON_UPSTREAM_RATE_LIMITED, absl::StatusCode::kResourceExhausted, true,
       false},
      {gateway::v1::REASON_UPSTREAM_BAD_REQUEST, absl::StatusCode::kInternal, false, false},
      {gateway::v1::REASON_UPSTREAM_REDIRECTED, absl::StatusCode::kFailedPrecondition, false,
       false},
      {gateway::v1::REASON_UPSTREAM_TLS_FAILED, absl::StatusCode::kFailedPrecondition, false,
       false},
      {gateway::v1::REASON_EGRESS_REFUSED, absl::StatusCode::kFailedPrecondition, false, false},
      {gateway::v1::REASON_UPSTREAM_UNAVAILABLE, absl::StatusCode::kUnavailable, true, false},
      {gateway::v1::REASON_UPSTREAM_CIRCUIT_OPEN, absl::StatusCode::kUnavailable, true, false},
      {gateway::v1::REASON_UPSTREAM_BAD_RESPONSE, absl::StatusCode::kInternal, false, false},
      {gateway::v1::REASON_UPSTREAM_ALLOCATION_FAILED, absl::StatusCode::kInternal, false, false},
      {gateway::v1::REASON_ALLOCATION_IN_DOUBT, absl::StatusCode::kUnknown, false, true},
      {gateway::v1::REASON_UPSTREAM_OUTCOME_UNKNOWN, absl::StatusCode::kUnknown, false, true},
      {gateway::v1::REASON_REQUEST_ID_REUSED, absl::StatusCode::kInvalidArgument, false, false},
      {gateway::v1::REASON_ALLOCATION_IN_PROGRESS, absl::StatusCode::kAborted, true, false},
      {gateway::v1::REASON_ALLOCATION_ABANDONED, absl::StatusCode::kFailedPrecondition, false,
       false},
      {gateway::v1::REASON_ALLOCATION_NOT_IN_DOUBT, absl::StatusCode::kFailedPrecondition, false,
       false},
      {gateway::v1::REASON_ALLOCATION_NOT_FOUND, absl::StatusCode::kNotFound, false, false},
      {gateway::v1::REASON_LEDGER_UNAVAILABLE, absl::StatusCode::kUnavailable, true, false},
      {gateway::v1::REASON_OVERLOADED, absl::StatusCode::kResourceExhausted, true, false},
      {gateway::v1::REASON_QUOTA_EXCEEDED, absl::StatusCode::kResourceExhausted, true, false},
      {gateway::v1::REASON_SHUTTING_DOWN, absl::StatusCode::kUnavailable, true, false},
      {gateway::v1::REASON_CALLER_NOT_ALLOWED, absl::StatusCode::kPermissionDenied, false, false},
      {gateway::v1::REASON_DEADLINE_EXCEEDED, absl::StatusCode::kDeadlineExceeded, true, false},
      {gateway::v1::REASON_CANCELLED, absl::StatusCode::kCancelled, false, false},
  };
  EXPECT_EQ(std::size(kTable) + 1,
            static_cast<size_t>(gateway::v1::Reason_descriptor()->value_count()));
  for (const auto& row : kTable) {
    const absl::Status status = MakeFailure(row.reason);
    const std::string name = ReasonName(row.reason);
    EXPECT_EQ(ReasonOf(status), row.reason) << name;
    EXPECT_EQ(status.code(), row.code) << name;
    EXPECT_EQ(IsSafeToRetry(status), row.safe) << name;
    EXPECT_EQ(IsInDoubt(status), row.in_doubt) << name;
    const bool has_delay = (row.code == absl::StatusCode::kUnavailable ||
                            row.code == absl::StatusCode::kResourceExhausted) &&
                           row.reason != gateway::v1::REASON_SHUTTING_DOWN;
    EXPECT_EQ(RetryDelayOf(status).has_value(), has_delay) << name;
  }
}

TEST(ClientFailure, OfGrpcItselfIsSafeToRepeatWhereNothingIsDoneTwice) {
  EXPECT_TRUE(IsSafeToRetry(absl::UnavailableError("")));
  EXPECT_TRUE(IsSafeToRetry(absl::DeadlineExceededError("")));
  EXPECT_FALSE(IsSafeToRetry(absl::UnknownError("")));
  EXPECT_FALSE(IsSafeToRetry(absl::CancelledError("")));
  EXPECT_FALSE(IsSafeToRetry(absl::OkStatus()));
  EXPECT_FALSE(IsInDoubt(absl::UnavailableError("")));
}

TEST(ClientFailure, OfACallThatIsDoneAnewEachTimeIsADoubtUnlessTheGatewaySaysOtherwise) {
  const auto in_doubt = [](const absl::Status& status) {
    const absl::Status marked = MarkedIfOutcomeUnknown(status);
    EXPECT_EQ(marked.code(), status.code());
    EXPECT_EQ(ToProto(marked).details_size(), ToProto(status).details_size());
    EXPECT_FALSE(IsInDoubt(marked) && IsSafeToRetry(marked));
    return IsInDoubt(marked);
  };
  EXPECT_TRUE(in_doubt(absl::UnavailableError("")));
  EXPECT_TRUE(in_doubt(absl::DeadlineExceededError("")));
  EXPECT_TRUE(in_doubt(absl::CancelledError("")));
  EXPECT_TRUE(in_doubt(MakeFailure(gateway::v1::REASON_ALLOCATION_IN_PROGRESS)));
  EXPECT_FALSE(in_doubt(MakeFailure(gateway::v1::REASON_SHUTTING_DOWN)));
  EXPECT_FALSE(in_doubt(absl::UnimplementedError("")));
  EXPECT_FALSE(in_doubt(absl::PermissionDeniedError("")));
  EXPECT_TRUE(
      IsSafeToRetry(MarkedIfOutcomeUnknown(MakeFailure(gateway::v1::REASON_UPSTREAM_UNAVAILABLE))));
}

}  // namespace
}  // namespace concero
