// The one place where our failures become gRPC statuses with google.rpc details.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace gw::rpc {

/// `status` with ErrorInfo (domain `concero-gateway`) and, where the failure has them, RetryInfo
/// and BadRequest. Thread safety: pure.
google::rpc::Status ToRpcStatus(const absl::Status& status);

/// The same as a server returns it; OK for OK.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace gw::rpc
