// How gRPC drives a streaming call: as unary_call.h does a unary one.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "service/rpc/call_queue.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"
#include "service/rpc/status_mapping.h"
#include "service/rpc/stream.h"
#include "service/rpc/wire.h"

namespace gw::rpc {

using WatchWire = grpc::ServerAsyncWriter<grpc::ByteBuffer>;
using ExchangeWire = grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

/// Where gRPC puts the next call of an RPC, as the generated Request functions take it.
template <class Wire>
struct NextStream {
  grpc::ServerContext* context;
  grpc::ByteBuffer* request;  ///< of one that goes one way
  Wire* wire;
  grpc::ServerCompletionQueue* queue;
  void* tag;
};

/// `request` is the generated Request function of a raw method.
template <class Service, class Request>
void AskWatch(Request request, Service& service, const NextStream<WatchWire>& next) {
  (service.*request)(next.context, next.request, next.wire, next.queue, next.queue, next.tag);
}
template <class Service, class Request>
void AskExchange(Request request, Service& service, const NextStream<ExchangeWire>& next) {
  (service.*request)(next.context, next.wire, next.queue, next.queue, next.tag);
}

/// What all calls of one RPC have in common, of which the caller says one thing and is then told
/// several. Outlives them.
template <class Request, class Response>
struct WatchRpc {
  RpcMethod method;
  Prologue& prologue;
  /// Makes what answers a call; the request is valid until Finish.
  std::function<std::shared_ptr<StreamHandler>(StreamDriver<Response>&, const Request&)> handler;
  std::function<void(const NextStream<WatchWire>&)> ask;
};

/// Of which both say several things.
template <class Request, class Response>
struct ExchangeRpc {
  RpcMethod method;
  Prologue& prologue;
  std::function<std::shared_ptr<ExchangeHandler<Request>>(ExchangeDriver<Response>&)> handler;
  std::function<void(const NextStream<ExchangeWire>&)> ask;
};

/// One call, from when gRPC is asked for it until nothing of it is under way. It deletes itself.
/// `Driver` is one of stream.h, `Wire` what gRPC has for it, `Rpc` what is above.
///
///     asked for ──▶ come: prologue, handler ──▶ written, read, … ──▶ finished ┐
///         │                     └──▶ over (finished, cancelled, caller gone) ─┴──▶ deleted
///         └──▶ the server ends: deleted
///
/// What gRPC tells comes on any of the queue's threads. The head of the answer leaves before there
/// is something to say, so that the caller knows that the stream is there.
template <class Rpc, class Driver, class Response, class Wire>
class StreamCall : QueueTag, protected Driver {
 protected:
  StreamCall(Rpc& rpc, CallQueue& queue) : rpc_(rpc), queue_(queue) {
    context_.AsyncNotifyWhenDone(over_tag_.Handed());
  }
  ~StreamCall() = default;

  // Of the constructor of what it is in the end.
  void Ask(grpc::ByteBuffer* request) {
    rpc_.ask({&context_, request, &wire_, &queue_->queue(), Handed()});
  }

  /// Another one, to be asked for.
  virtual void AskForNext() = 0;
  /// The call has come: its beginning, and its handler, or none and why.
  virtual RequestFacts Decode() = 0;
  virtual absl::StatusOr<std::shared_ptr<StreamHandler>> MakeHandler() = 0;

  const CallInfo& info() const override { return scope_->info(); }
  absl::Status WhyGone() const override { return scope_->WhyGone(); }

  void Write(const Response& response) override {
    grpc::ByteBuffer bytes;
    Encode(response, bytes);
    ++left_;
    wire_.Write(bytes, written_tag_.Handed());
  }

  void Finish(const absl::Status& status) override {
    scope_->End(status);
    wire_.Finish(ToGrpcStatus(status), finished_tag_.Handed());
  }

  void LeaveOne() {
    if (--left_ > 0) return;
    scope_->SeeHandOver();
    DeleteThis();
  }
  virtual void DeleteThis() = 0;

  Rpc& rpc_;
  const CallQueue::User queue_;
  grpc::ServerContext context_;
  Wire wire_{&context_};
  // Its beginning, its end that has left, its being over; and each thing that is under way.
  std::atomic<int> left_{3};

 private:
  struct Tag : QueueTag {
    explicit Tag(StreamCall& c) : call(c) {}
    StreamCall& call;

   protected:
    ~Tag() = default;
  };
  struct OverTag final : Tag {
    using Tag::Tag;
    void Happened(bool) override { this->call.Over(); }
  };
  struct WrittenTag final : Tag {
    using Tag::Tag;
    void Happened(bool) override {
      this->call.handler_->OnWritten();
      this->call.LeaveOne();
    }
  };
  struct LeftTag final : Tag {
    using Tag::Tag;
    void Happened(bool) override { this->call.LeaveOne(); }
  };

  void Happened(bool ok) override {
    if (!ok) return DeleteThis();  // the server ends
    AskForNext();
    Begin();
    LeaveOne();
  }

  void Begin() {
    scope_.emplace(rpc_.method, rpc_.prologue, context_, Decode());
    absl::Status status = scope_->Admit();
    if (status.ok()) {
      auto handler = MakeHandler();
      status = handler.status();
      if (handler.ok()) handler_ = *std::move(handler);
    }
    has_scope_ = true;
    if (is_over_) CancelIfGone();
    if (!status.ok()) return Finish(status);
    ++left_;
    wire_.SendInitialMetadata(head_tag_.Handed());
    handler_->Start();
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

  OverTag over_tag_{*this};
  WrittenTag written_tag_{*this};
  LeftTag head_tag_{*this}, finished_tag_{*this};
  std::optional<CallScope> scope_;  // once it has come
  std::shared_ptr<StreamHandler> handler_;
  std::atomic<bool> has_scope_{false}, is_over_{false};
};

template <class Request, class Response>
class WatchCall final
    : StreamCall<WatchRpc<Request, Response>, StreamDriver<Response>, Response, WatchWire> {
 public:
  using Rpc = WatchRpc<Request, Response>;

  /// Serves calls of `rpc` that come by `queue`, until the server ends; both outlive them.
  static void Serve(Rpc& rpc, CallQueue& queue) { new WatchCall(rpc, queue); }

 private:
  WatchCall(Rpc& rpc, CallQueue& queue) : WatchCall::StreamCall(rpc, queue) { this->Ask(&bytes_); }

  void AskForNext() override { Serve(this->rpc_, *this->queue_); }
  RequestFacts Decode() override {
    decoded_ = rpc::Decode(bytes_, request_);
    return FactsOf(request_);
  }
  absl::StatusOr<std::shared_ptr<StreamHandler>> MakeHandler() override {
    if (!decoded_) return NotARequest();
    return this->rpc_.handler(*this, request_);
  }
  void DeleteThis() override { delete this; }

  grpc::ByteBuffer bytes_;
  Request request_;
  bool decoded_ = false;
};

template <class Request, class Response>
class ExchangeCall final
    : StreamCall<ExchangeRpc<Request, Response>, ExchangeDriver<Response>, Response, ExchangeWire> {
 public:
  using Rpc = ExchangeRpc<Request, Response>;

  static void Serve(Rpc& rpc, CallQueue& queue) { new ExchangeCall(rpc, queue); }

 private:
  struct ReadTag final : QueueTag {
    explicit ReadTag(ExchangeCall& c) : call(c) {}
    void Happened(bool ok) override { call.OnRead(ok); }
    ExchangeCall& call;
  };

  ExchangeCall(Rpc& rpc, CallQueue& queue) : ExchangeCall::StreamCall(rpc, queue) {
    this->Ask(nullptr);
  }

  void AskForNext() override { Serve(this->rpc_, *this->queue_); }
  RequestFacts Decode() override { return {}; }
  absl::StatusOr<std::shared_ptr<StreamHandler>> MakeHandler() override {
    handler_ = this->rpc_.handler(*this);
    return std::shared_ptr<StreamHandler>(handler_);
  }

  void Read() override {
    ++this->left_;
    this->wire_.Read(&bytes_, read_tag_.Handed());
  }
  void OnRead(bool ok) {
    Request request;
    if (!ok) {
      handler_->OnRead(nullptr);
    } else if (rpc::Decode(bytes_, request)) {
      handler_->OnRead(&request);
    } else {
      handler_->OnNoRequest(NotARequest());
    }
    this->LeaveOne();
  }
  void DeleteThis() override { delete this; }

  ReadTag read_tag_{*this};
  grpc::ByteBuffer bytes_;
  std::shared_ptr<ExchangeHandler<Request>> handler_;
};

/// Serve, with the types found.
template <class Request, class Response>
void ServeWatch(WatchRpc<Request, Response>& rpc, CallQueue& queue) {
  WatchCall<Request, Response>::Serve(rpc, queue);
}
template <class Request, class Response>
void ServeExchange(ExchangeRpc<Request, Response>& rpc, CallQueue& queue) {
  ExchangeCall<Request, Response>::Serve(rpc, queue);
}

}  // namespace gw::rpc
