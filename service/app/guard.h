// The policy for what gRPC itself serves: health, reflection and channelz.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <memory>
#include <string>
#include <vector>

#include "service/rpc/authorization.h"

namespace gw::app {

/// For ServerCredentials::SetAuthMetadataProcessor: calls of other services than `ours` (full
/// names) end PERMISSION_DENIED, without details, unless a rule allows them; those of ours are let
/// through, to be decided about where a refusal has details (rpc/prologue.h). Without a policy all
/// are. It sees the caller as CallerOf does (rpc/identity.h). Does not block.
/// `authorization` outlives the server. Thread safety: any thread.
std::shared_ptr<grpc::AuthMetadataProcessor> MakeGuard(const rpc::Authorization& authorization,
                                                       bool trust_xfcc,
                                                       std::vector<std::string> ours);

/// As grpc::InsecureServerCredentials, which takes no processor. The processor of these does not
/// block and is called with a null AuthContext: there is no certificate.
/// Thread safety: one thread.
std::shared_ptr<grpc::ServerCredentials> PlaintextCredentials(
    std::shared_ptr<grpc::AuthMetadataProcessor> processor);

}  // namespace gw::app
