// Requests and responses as the bytes that gRPC carries. Thread safety: pure functions.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "service/rpc/encoded_response.h"

namespace gw::rpc {

/// False: they are no such message. Takes the bytes.
template <class Message>
bool Decode(grpc::ByteBuffer& bytes, Message& message) {
  return grpc::SerializationTraits<Message>::Deserialize(&bytes, &message).ok();
}

/// INVALID_ARGUMENT, INVALID_FIELD. What gRPC would say of it says less.
absl::Status NotARequest();

template <class Message>
void Encode(const Message& message, grpc::ByteBuffer& bytes) {
  bool owned;
  // Fails for messages of 2 GiB only.
  static_cast<void>(grpc::SerializationTraits<Message>::Serialize(message, &bytes, &owned));
}

/// A buffer that shares the bytes, and keeps them as long as gRPC needs them.
void Encode(const EncodedResponse& response, grpc::ByteBuffer& bytes);

}  // namespace gw::rpc
