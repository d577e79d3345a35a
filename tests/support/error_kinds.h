// Every way for a request to fail, for tests that go through all of them.
#pragma once

#include "service/http/transport.h"

namespace gw::testing {

inline constexpr http::ErrorKind kAllKinds[] = {
    http::ErrorKind::kResolve,     http::ErrorKind::kConnect,        http::ErrorKind::kTls,
    http::ErrorKind::kProtocol,    http::ErrorKind::kConnectionLost, http::ErrorKind::kTooLarge,
    http::ErrorKind::kTimeout,     http::ErrorKind::kDeadline,       http::ErrorKind::kCancelled,
    http::ErrorKind::kRefused,     http::ErrorKind::kOverloaded,     http::ErrorKind::kMemory,
    http::ErrorKind::kCircuitOpen, http::ErrorKind::kShutdown,       http::ErrorKind::kBadRequest,
    http::ErrorKind::kInternal,    http::ErrorKind::kAddressRefused, http::ErrorKind::kProxyAuth,
    http::ErrorKind::kProxyRefused};

inline constexpr http::Phase kAllPhases[] = {http::Phase::kNotConnected, http::Phase::kConnected,
                                             http::Phase::kPartlyWritten, http::Phase::kWritten,
                                             http::Phase::kAnswering};

}  // namespace gw::testing
