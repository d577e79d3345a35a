// A gRPC server of the gateway's, with one RPC that each test answers in its own way, and a client.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/v1/diagnostics.grpc.pb.h"
#include "service/app/grpc_server.h"
#include "service/base/loop_thread.h"
#include "service/observe/call_log.h"
#include "service/observe/metrics.h"
#include "service/rpc/diagnostics_service.h"
#include "service/rpc/prologue.h"
#include "service/rpc/unary_call.h"

namespace gw::testing {

using Request = gateway::v1::PreflightRequest;
using Response = gateway::v1::PreflightResponse;
using HeldCall = rpc::Call<Request, Response>;
using Handler = std::function<void(HeldCall)>;

inline constexpr char kService[] = "gateway.v1.DiagnosticsService";
inline constexpr char kMethod[] = "/gateway.v1.DiagnosticsService/Preflight";

/// With its first name as the response. `call` is finished.
void Echo(HeldCall call);

/// What one that says `name` looks like, and what Echo answers it.
Request Saying(const std::string& name);
std::string Said(const Response& response);

/// Calls that a handler keeps, for the test to finish. Thread safety: any thread.
class HeldCalls {
 public:
  void Keep(HeldCall call);
  Handler Handle() {
    return [this](HeldCall call) { Keep(std::move(call)); };
  }
  /// Once so many came: all that are there.
  std::vector<HeldCall> Take(size_t count);
  size_t came();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<HeldCall> calls_;
  size_t came_ = 0;
};

/// Two LoopThreads, however many processors there are, and what a server needs besides.
class Server {
 public:
  /// Its calls go by `clock`, which outlives it.
  explicit Server(Handler handler, rpc::Prologue::Options options = {},
                  Clock& clock = SystemClock());
  ~Server();

  /// What Start of the server says. Also again, after Shutdown.
  absl::Status Start(const std::string& address = "127.0.0.1:0");
  void Shutdown() { server_->Shutdown(); }
  /// Waits until no call is under way. False: after a minute there still is one.
  bool AwaitIdle() const;

  app::GrpcServer& operator*() { return *server_; }
  app::GrpcServer* operator->() { return server_.get(); }
  std::string address() const;
  int active() const { return prologue_.active(); }
  rpc::Prologue& prologue() { return prologue_; }
  LoopThread& thread(size_t i) { return *threads_[i]; }

 private:
  class Service;

  observe::Metrics metrics_;
  observe::CallLog calls_;
  rpc::Prologue prologue_;
  const Handler handler_;
  std::vector<std::unique_ptr<LoopThread>> threads_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<app::GrpcServer> server_;
};

/// A started one; the test has failed when it is not.
std::unique_ptr<Server> Started(Handler handler, rpc::Prologue::Options options = {});

/// A connection of its own.
std::shared_ptr<grpc::Channel> Connect(const std::string& address,
                                       grpc::ChannelArguments arguments = {});

/// One call of a client. Thread safety: any thread.
class ClientCall final : rpc::QueueTag {
 public:
  void Cancel() { context_.TryCancel(); }
  /// Waits until it has ended.
  const grpc::Status& Await();
  grpc::StatusCode AwaitCode() { return Await().error_code(); }
  /// Once it has ended, OK.
  Response response() const;
  bool ended();

 private:
  friend class Client;
  void Happened(bool ok) override;

  grpc::ClientContext context_;
  grpc::ByteBuffer bytes_;
  grpc::Status status_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::shared_ptr<ClientCall> self_;  // until it has ended
};
using ClientCallPtr = std::shared_ptr<ClientCall>;

/// A connection, and a thread that waits for its calls. Thread safety: any thread.
class Client {
 public:
  explicit Client(const std::string& address, grpc::ChannelArguments arguments = {});
  /// Waits for all of its calls.
  ~Client();

  using Configure = std::function<void(grpc::ClientContext&)>;
  ClientCallPtr Call(const Request& request, const Configure& configure = nullptr);
  ClientCallPtr CallWithBytes(const std::string& request, const Configure& configure = nullptr);

 private:
  void Run();

  std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::thread thread_;
};

}  // namespace gw::testing
