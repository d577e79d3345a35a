// How gRPC drives a unary call whose answer is bytes already, shared between calls.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "service/base/failure.h"
#include "service/rpc/encoded_response.h"
#include "service/rpc/unary_reactor.h"

namespace gw::rpc {

/// A request read from bytes. Thread safety: a value.
template <class Request>
struct DecodedRequest {
  explicit DecodedRequest(grpc::ByteBuffer bytes)
      : decoded(grpc::SerializationTraits<Request>::Deserialize(&bytes, &request).ok()) {}
  Request request;
  bool decoded;
};

/// A buffer that shares the bytes, and keeps them as long as gRPC needs them.
inline grpc::ByteBuffer ToByteBuffer(std::shared_ptr<const std::string> bytes) {
  using Owner = std::shared_ptr<const std::string>;
  auto* const owner = new Owner(std::move(bytes));
  const std::string& text = **owner;
  const grpc::Slice slice(
      const_cast<char*>(text.data()), text.size(),
      [](void* held) { delete static_cast<Owner*>(held); }, owner);
  return grpc::ByteBuffer(&slice, 1);
}

/// As UnaryReactor, for a raw method. A request that cannot be decoded is INVALID_FIELD: what gRPC
/// says of it for other methods says less.
template <class Request>
class EncodedReactor final : private DecodedRequest<Request>,  // first: the other refers to it
                             public UnaryReactor<Request, EncodedResponse> {
 public:
  template <class Handler>
  static grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response, Prologue& prologue,
                                         const RpcMethod& method, Handler&& handler) {
    auto* reactor = new EncodedReactor(method, prologue, *context, *request, *response);
    reactor->Run(reactor->request, reactor->encoded_, [&](auto call) {
      if (!reactor->decoded) return std::move(call).Finish(NotARequest());
      std::forward<Handler>(handler)(std::move(call));
    });
    return reactor;
  }

 private:
  using Base = UnaryReactor<Request, EncodedResponse>;

  EncodedReactor(const RpcMethod& method, Prologue& prologue,
                 const grpc::ServerContextBase& context, const grpc::ByteBuffer& bytes,
                 grpc::ByteBuffer& response)
      : DecodedRequest<Request>(bytes),
        Base(method, prologue, context, FactsOf(this->request)),
        response_(response) {}

  void Finish(const absl::Status& status) override {
    if (status.ok()) response_ = ToByteBuffer(std::move(encoded_.bytes));
    Base::Finish(status);
  }

  static absl::Status NotARequest() {
    Failure failure;
    failure.reason = Reason::kInvalidField;
    return MakeFailure(absl::StatusCode::kInvalidArgument,
                       "the request cannot be decoded; are the stubs generated from this proto?",
                       failure);
  }

  EncodedResponse encoded_;
  grpc::ByteBuffer& response_;
};

}  // namespace gw::rpc
