#include "client/library/call_scope.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "concero_gateway/failure.h"

namespace concero {
namespace {

// As W3C writes it: `00-` 32 hex digits `-` 16 hex digits `-` two. gRPC ends the program for a
// header value that HTTP/2 does not allow.
bool IsTraceparent(const std::string& text) {
  constexpr size_t kSize = 55;
  if (text.size() != kSize) return false;
  for (size_t i = 0; i < kSize; ++i) {
    const bool dash = i == 2 || i == 35 || i == 52;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(text[i])) return false;
  }
  return true;
}

}  // namespace

absl::Time DeadlineOf(const CallOptions& options, absl::Duration by_default) {
  return absl::Now() + (options.timeout > absl::ZeroDuration() ? options.timeout : by_default);
}

CallScope::CallScope(const CallOptions& options, absl::Time deadline)
    : on_cancel_(options.cancel, Canceller{context_}) {
  if (deadline != absl::InfiniteFuture()) context_.set_deadline(absl::ToChronoTime(deadline));
  if (IsTraceparent(options.traceparent)) context_.AddMetadata("traceparent", options.traceparent);
}

absl::Status CancelledByCaller() { return absl::CancelledError("cancelled by the caller"); }

absl::Status StatusOf(const grpc::Status& status) {
  google::rpc::Status proto;
  if (!proto.ParseFromString(status.error_details())) proto.clear_details();
  proto.set_code(status.error_code());
  proto.set_message(status.error_message());
  return FromProto(proto);
}

}  // namespace concero
