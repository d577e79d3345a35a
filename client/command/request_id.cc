#include "client/command/request_id.h"

#include "absl/strings/cord.h"
#include "concero_gateway/failure.h"

namespace concero::command {
namespace {

// No detail of the gateway's: it never leaves this process.
constexpr absl::string_view kSent = "concero-gateway/command/request-id";

}  // namespace

absl::Status WithRequestId(absl::Status failure, absl::string_view request_id) {
  failure.SetPayload(kSent, absl::Cord(request_id));
  return failure;
}

std::string RequestIdOf(const absl::Status& failure) {
  std::string said = MetadataOf(failure, "request_id");
  if (!said.empty()) return said;
  const auto sent = failure.GetPayload(kSent);
  return sent ? std::string(*sent) : "";
}

}  // namespace concero::command
