// The gRPC server: its port, its services, health, reflection and channelz.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/loop_thread.h"
#include "service/rpc/call_queue.h"
#include "service/rpc/health_service.h"
#include "service/rpc/unary_call.h"

namespace gw::app {

/// Thread safety: SetHealth may be called from any thread.
class GrpcServer {
 public:
  struct Options {
    bool reflection = true;
    bool channelz = false;
    /// How callers connect; null: in plaintext.
    std::shared_ptr<grpc::ServerCredentials> credentials;
    /// Calls come by a queue that they share; the first of them waits in it. They outlive the
    /// server.
    std::vector<LoopThread*> threads;
  };

  /// A service and its full name, by which its health is asked for.
  struct NamedService {
    std::string name;
    grpc::Service* service;
    rpc::QueuedService* queued;  ///< the same
  };

  /// Serves `services` at `address` (HOST:PORT, 0 picks a free port) from now on. They outlive it.
  /// Error: UNAVAILABLE, naming the address that cannot be listened at.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const std::string& address, const Options& options,
      const std::vector<NamedService>& services);
  ~GrpcServer();

  int port() const { return port_; }

  /// The health of a name. The empty one and the services' are SERVING from the start.
  void SetHealth(const std::string& name, bool serving);
  /// Every name is NOT_SERVING from now on.
  void SetNotServing();

  /// Takes no more calls, cancels those that still run, and waits until all are finished. Not on
  /// one of the threads.
  void Shutdown();

 private:
  GrpcServer() = default;
  rpc::HealthService health_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<rpc::CallQueue> queue_;
  std::vector<LoopThread*> threads_;  // that share it
  int port_ = 0;
};

}  // namespace gw::app
