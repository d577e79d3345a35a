// Who calls, from what gRPC knows of a call.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "service/rpc/caller.h"

namespace gw::rpc {

/// The headers of a call, as gRPC keeps them.
using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

/// The caller with the names of the peer's certificate (caller.h). With `trust_xfcc` those of the
/// last `x-forwarded-client-cert` instead, and nobody where it has none that can be read: then
/// whoever may connect is to be a proxy that writes this header itself. `peer` may be null: no
/// certificate.
/// Thread safety: pure.
Caller CallerOf(const grpc::AuthContext* peer, const Metadata& metadata, bool trust_xfcc);

/// The value of a header, several of them with commas between; nothing when there is none.
/// Thread safety: pure.
std::optional<std::string> HeaderOf(const Metadata& metadata, absl::string_view key);

}  // namespace gw::rpc
