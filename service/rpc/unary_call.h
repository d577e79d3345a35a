// How gRPC drives a unary call: the only file that would change if it were driven otherwise.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_unary_call.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "service/rpc/call.h"
#include "service/rpc/call_queue.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"
#include "service/rpc/status_mapping.h"
#include "service/rpc/wire.h"

namespace gw::rpc {

/// Where gRPC puts the next call of an RPC, as the generated Request functions take it.
struct NextCall {
  grpc::ServerContext* context;
  grpc::ByteBuffer* request;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>* writer;
  grpc::ServerCompletionQueue* queue;
  void* tag;
};

/// `request` is the generated Request function of a raw method.
template <class Service, class Request>
void Ask(Request request, Service& service, const NextCall& next) {
  (service.*request)(next.context, next.request, next.writer, next.queue, next.queue, next.tag);
}

/// What all calls of one RPC have in common. Outlives them.
template <class Request, class Response>
struct UnaryRpc {
  RpcMethod method;
  Prologue& prologue;
  /// Answers a call. Must not block.
  std::function<void(Call<Request, Response>)> handler;
  /// Asks gRPC for the next call.
  std::function<void(const NextCall&)> ask;
};

/// One call, from when gRPC is asked for it until its answer has left. It deletes itself.
///
///     asked for ──▶ come: prologue, handler ──▶ finished ──▶ its answer has left ┐
///         │                    └──▶ over (answered, cancelled, or its caller gone) ┴──▶ deleted
///         └──▶ the server ends: deleted
///
/// What gRPC tells comes on any of the queue's threads, and Finish on any at all, also from within
/// the handler. Requests and responses are bytes to gRPC, so that a response which is bytes
/// already needs no encoding, and one that cannot be decoded is answered by us. A call without a
/// message does not come here: gRPC ends it with INTERNAL (PayloadAsyncRequest in
/// grpcpp/impl/codegen/server_interface.h of 1.51).
template <class Request, class Response>
class UnaryCall final : QueueTag, CallDriver {
 public:
  using Rpc = UnaryRpc<Request, Response>;

  /// Serves calls of `rpc` that come by `queue`, until the server ends; both outlive them. So many
  /// are asked for at a time: those that come while none is wait in gRPC for the next turn.
  static void Serve(Rpc& rpc, CallQueue& queue) {
    for (int i = 0; i < kAskedFor; ++i) new UnaryCall(rpc, queue);
  }

 private:
  // Few: Debian's gRPC is a debug build in this, and looks through all that it was asked for, of
  // whichever RPC, whenever it tells of anything.
  static constexpr int kAskedFor = 2;

  // Told when the call is over, for whatever reason.
  struct OverTag final : QueueTag {
    explicit OverTag(UnaryCall& c) : call(c) {}
    void Happened(bool) override { call.Over(); }
    UnaryCall& call;
  };

  UnaryCall(Rpc& rpc, CallQueue& queue) : rpc_(rpc), queue_(queue) {
    context_.AsyncNotifyWhenDone(over_tag_.Handed());
    rpc_.ask({&context_, &bytes_, &writer_, &queue_->queue(), Handed()});
  }

  // Twice: the call has come; its answer has left.
  void Happened(bool ok) override {
    if (std::exchange(come_, true)) return LeaveOne();
    if (ok) {
      new UnaryCall(rpc_, *queue_);
      Begin();
      LeaveOne();
    } else {  // the server ends
      delete this;
    }
  }

  void Begin() {
    const bool decoded = Decode(bytes_, request_);
    scope_.emplace(rpc_.method, rpc_.prologue, context_, FactsOf(request_));
    has_scope_ = true;
    if (is_over_) CancelIfGone();
    Call<Request, Response> call(*this, request_, response_, scope_->info());
    if (absl::Status status = scope_->Admit(); !status.ok()) {
      std::move(call).Finish(status);
    } else if (!decoded) {
      std::move(call).Finish(NotARequest());
    } else {
      rpc_.handler(std::move(call));
    }
  }

  void Finish(const absl::Status& status) override {
    scope_->End(status);
    grpc::ByteBuffer bytes;
    if (status.ok()) Encode(response_, bytes);
    writer_.Finish(bytes, ToGrpcStatus(status), Handed());
  }

  // Perhaps while another thread is in Begin: one of the two sees the other's flag.
  void Over() {
    is_over_ = true;
    if (has_scope_) CancelIfGone();
    LeaveOne();
  }

  void CancelIfGone() {
    if (context_.IsCancelled()) scope_->Cancel();
  }

  void LeaveOne() {
    if (--left_ > 0) return;
    scope_->SeeHandOver();
    delete this;
  }

  Rpc& rpc_;
  const CallQueue::User queue_;
  OverTag over_tag_{*this};
  grpc::ServerContext context_;
  grpc::ByteBuffer bytes_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_{&context_};
  Request request_;
  Response response_;
  bool come_ = false;
  std::optional<CallScope> scope_;  // once it has come
  std::atomic<bool> has_scope_{false}, is_over_{false};
  std::atomic<int> left_{3};  // its beginning, its answer that has left, its being over
};

/// UnaryCall::Serve, with the types found.
template <class Request, class Response>
void ServeUnary(UnaryRpc<Request, Response>& rpc, CallQueue& queue) {
  UnaryCall<Request, Response>::Serve(rpc, queue);
}

/// A service whose calls come by queues. Thread safety: Serve as GrpcServer says.
class QueuedService {
 public:
  /// To be called when the server has started, once for each queue.
  virtual void Serve(CallQueue& queue) = 0;

 protected:
  ~QueuedService() = default;
};

}  // namespace gw::rpc
