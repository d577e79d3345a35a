// What a caller may cost the gRPC server before a call has reached any code of ours.
#pragma once

#include <grpcpp/server_builder.h>

#include "absl/time/time.h"

namespace gw::app {

// tests/abuse has each of these bitten, and says what they do not hold back.

/// Of the headers of a call, names and values and 32 bytes for each. gRPC's own 8 KiB are few for
/// traces and a mesh's `x-forwarded-client-cert` with a chain in it.
inline constexpr int kMaxMetadataBytes = 16 * 1024;
/// Calls at once on a connection; more wait in the caller's library. Ten thousand calls come over
/// eight connections in our own measurements, 1,250 on each.
inline constexpr int kMaxStreams = 2048;
/// Of a request. All but two have bounds of some kilobytes; the `individual_info` of a student
/// session may be any HTML that somebody is to read.
inline constexpr int kMaxRequestBytes = 256 * 1024;
/// Until a connection has begun, with TLS and HTTP/2: round trips, over however bad a line.
inline constexpr absl::Duration kHandshake = absl::Seconds(10);
/// A connection without a call is closed after so long; the next call makes a new one.
inline constexpr absl::Duration kMaxIdle = absl::Minutes(10);
/// A caller is asked for a sign of life after such a silence, and has so long for it.
/// Load balancers forget connections after a minute or more.
inline constexpr absl::Duration kAskAfter = absl::Seconds(60);
inline constexpr absl::Duration kAnswerWithin = absl::Seconds(20);
/// The third ping that comes faster ends the connection. Libraries let callers ask every 10 s.
inline constexpr absl::Duration kLeastBetweenPings = absl::Seconds(10);

/// Sets them for the server that is being built. Thread safety: as the builder.
void SetLimits(grpc::ServerBuilder& builder);

}  // namespace gw::app
