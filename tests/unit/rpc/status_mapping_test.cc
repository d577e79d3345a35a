#include "service/rpc/status_mapping.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/strip.h"
#include "gateway/v1/reasons.pb.h"
#include "google/rpc/error_details.pb.h"
#include "service/base/failure.h"

namespace gw::rpc {
namespace {

// The one detail of this type; nothing when there is none, or several.
template <class Detail>
std::optional<Detail> DetailOf(const google::rpc::Status& status) {
  std::optional<Detail> found;
  for (const auto& any : status.details()) {
    Detail detail;
    if (!any.UnpackTo(&detail)) continue;
    if (found) return std::nullopt;
    found = detail;
  }
  return found;
}

absl::Status Make(const Failure& failure) {
  return MakeFailure(absl::StatusCode::kUnavailable, "concero failed", failure);
}

TEST(StatusMapping, CarriesCodeMessageDomainReasonAndMetadata) {
  Failure failure;
  failure.reason = Reason::kUpstreamNotFound;
  failure.metadata = {{"upstream", "concero"}, {"http_status", "404"}};
  const google::rpc::Status status =
      ToRpcStatus(MakeFailure(absl::StatusCode::kNotFound, "no such id", failure));
  EXPECT_EQ(status.code(), 5);
  EXPECT_EQ(status.message(), "no such id");
  ASSERT_EQ(status.details_size(), 1);
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->domain(), "concero-gateway");
  EXPECT_EQ(info->reason(), "UPSTREAM_NOT_FOUND");
  EXPECT_EQ((std::map<std::string, std::string>(info->metadata().begin(), info->metadata().end())),
            (std::map<std::string, std::string>{{"upstream", "concero"}, {"http_status", "404"}}));
}

TEST(StatusMapping, NamesEveryReasonAsTheProtoDoes) {
  for (const Reason reason : AllReasons()) {
    Failure failure;
    failure.reason = reason;
    const auto info = DetailOf<google::rpc::ErrorInfo>(ToRpcStatus(Make(failure)));
    ASSERT_TRUE(info);
    const std::string in_proto =
        gateway::v1::Reason_Name(static_cast<gateway::v1::Reason>(static_cast<int>(reason)));
    EXPECT_EQ(info->reason(), absl::StripPrefix(in_proto, "REASON_"));
    EXPECT_NE(info->reason(), in_proto);
    auto back = gateway::v1::REASON_UNSPECIFIED;
    ASSERT_TRUE(gateway::v1::Reason_Parse("REASON_" + info->reason(), &back));
    EXPECT_EQ(static_cast<int>(back), static_cast<int>(reason));
  }
}

TEST(StatusMapping, SaysWhenToRetryToTheNanosecond) {
  const struct {
    absl::Duration delay;
    int64_t seconds;
    int32_t nanos;
  } kCases[] = {
      {absl::ZeroDuration(), 0, 0},
      {absl::Nanoseconds(1), 0, 1},
      {absl::Milliseconds(250), 0, 250'000'000},
      {absl::Milliseconds(1500), 1, 500'000'000},
      {absl::Hours(1), 3600, 0},
  };
  for (const auto& [delay, seconds, nanos] : kCases) {
    Failure failure;
    failure.retry_delay = delay;
    const auto retry = DetailOf<google::rpc::RetryInfo>(ToRpcStatus(Make(failure)));
    ASSERT_TRUE(retry) << delay;
    EXPECT_EQ(retry->retry_delay().seconds(), seconds) << delay;
    EXPECT_EQ(retry->retry_delay().nanos(), nanos) << delay;
  }
}

TEST(StatusMapping, HasNoRetryInfoWhereARepeatMakesNoSense) {
  EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(ToRpcStatus(Make({}))));
}

TEST(StatusMapping, NamesTheFirst16ViolationsInOrder) {
  for (const size_t n : {0, 1, 16, 17, 100}) {
    Failure failure;
    for (size_t i = 0; i < n; ++i) {
      failure.violations.push_back({"field" + std::to_string(i), "why" + std::to_string(i)});
    }
    const auto bad = DetailOf<google::rpc::BadRequest>(ToRpcStatus(Make(failure)));
    ASSERT_EQ(bad.has_value(), n > 0) << n;
    if (!bad) continue;
    ASSERT_EQ(bad->field_violations_size(), n < 16 ? static_cast<int>(n) : 16);
    for (int i = 0; i < bad->field_violations_size(); ++i) {
      EXPECT_EQ(bad->field_violations(i).field(), "field" + std::to_string(i));
      EXPECT_EQ(bad->field_violations(i).description(), "why" + std::to_string(i));
    }
  }
}

TEST(StatusMapping, OkIsOkWithoutDetails) {
  const google::rpc::Status status = ToRpcStatus(absl::OkStatus());
  EXPECT_EQ(status.code(), 0);
  EXPECT_EQ(status.details_size(), 0);
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(ToGrpcStatus(absl::OkStatus()).error_details(), "");
}

TEST(StatusMapping, AStatusWithoutAFailureStillSaysWhoseItIs) {
  const struct {
    absl::Status status;
    const char* reason;
  } kCases[] = {
      {absl::DeadlineExceededError("x"), "DEADLINE_EXCEEDED"},
      {absl::CancelledError("x"), "CANCELLED"},
      {absl::InternalError("x"), ""},
  };
  for (const auto& [status, reason] : kCases) {
    const google::rpc::Status mapped = ToRpcStatus(status);
    EXPECT_EQ(mapped.code(), static_cast<int>(status.code()));
    const auto info = DetailOf<google::rpc::ErrorInfo>(mapped);
    ASSERT_TRUE(info) << status;
    EXPECT_EQ(info->domain(), "concero-gateway") << status;
    EXPECT_EQ(info->reason(), reason) << status;
    EXPECT_EQ(mapped.details_size(), 1) << status;
  }
}

TEST(StatusMapping, GrpcCarriesTheSameStatusInItsDetails) {
  Failure failure;
  failure.reason = Reason::kUpstreamUnavailable;
  failure.retry_delay = absl::Seconds(1);
  failure.violations = {{"a", "b"}};
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status =
        MakeFailure(static_cast<absl::StatusCode>(code), "concero failed", failure);
    const grpc::Status mapped = ToGrpcStatus(status);
    EXPECT_EQ(static_cast<int>(mapped.error_code()), code);
    EXPECT_EQ(mapped.error_message(), "concero failed");
    google::rpc::Status details;
    ASSERT_TRUE(details.ParseFromString(mapped.error_details()));
    EXPECT_EQ(details.code(), code);
    EXPECT_EQ(details.message(), "concero failed");
    EXPECT_EQ(details.details_size(), 3);
  }
}

}  // namespace
}  // namespace gw::rpc
