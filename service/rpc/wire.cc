#include "service/rpc/wire.h"

#include "service/base/failure.h"

namespace gw::rpc {

absl::Status NotARequest() {
  Failure failure;
  failure.reason = Reason::kInvalidField;
  return MakeFailure(absl::StatusCode::kInvalidArgument,
                     "the request cannot be decoded; are the stubs generated from this proto?",
                     failure);
}

void Encode(const EncodedResponse& response, grpc::ByteBuffer& bytes) {
  using Owner = std::shared_ptr<const std::string>;
  auto* const owner = new Owner(response.bytes);
  const std::string& text = **owner;
  const grpc::Slice slice(
      const_cast<char*>(text.data()), text.size(),
      [](void* held) { delete static_cast<Owner*>(held); }, owner);
  bytes = grpc::ByteBuffer(&slice, 1);
}

}  // namespace gw::rpc
