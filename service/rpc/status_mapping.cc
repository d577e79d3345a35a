#include "service/rpc/status_mapping.h"

#include <algorithm>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "service/base/failure.h"

namespace gw::rpc {
namespace {

constexpr size_t kMaxViolations = 16;

}  // namespace

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(std::string(status.message()));
  if (status.ok()) return out;
  const Failure failure = GetFailure(status);

  google::rpc::ErrorInfo info;
  info.set_domain("concero-gateway");
  info.set_reason(std::string(ReasonName(failure.reason)));
  for (const auto& [key, value] : failure.metadata) (*info.mutable_metadata())[key] = value;
  out.add_details()->PackFrom(info);

  if (failure.retry_delay) {
    google::rpc::RetryInfo retry;
    const int64_t nanos = absl::ToInt64Nanoseconds(*failure.retry_delay);
    retry.mutable_retry_delay()->set_seconds(nanos / 1'000'000'000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
    out.add_details()->PackFrom(retry);
  }
  if (!failure.violations.empty()) {
    google::rpc::BadRequest bad;
    const size_t n = std::min(failure.violations.size(), kMaxViolations);
    for (size_t i = 0; i < n; ++i) {
      auto* violation = bad.add_field_violations();
      violation->set_field(failure.violations[i].field);
      violation->set_description(failure.violations[i].description);
    }
    out.add_details()->PackFrom(bad);
  }
  return out;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      ToRpcStatus(status).SerializeAsString());
}

}  // namespace gw::rpc
