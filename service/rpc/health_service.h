// grpc.health.v1.Health, on the queues that calls come by.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_unary_call.h>

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "service/rpc/call_queue.h"
#include "service/rpc/unary_call.h"

namespace gw::rpc {

/// Not gRPC's own: that one uses the callback API, and as soon as one service of a server does,
/// threads of gRPC's contend with ours for every event of every connection, which makes each call a
/// sixth dearer. It says what gRPC's says: Check of an unknown name is NOT_FOUND, Watch of one
/// SERVICE_UNKNOWN until it is known. Not counted among the calls, nor logged.
///
/// Thread safety: all functions may be called from any thread.
class HealthService final : public grpc::health::v1::Health::AsyncService, public QueuedService {
 public:
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

  HealthService() = default;
  ~HealthService() override;

  /// Whoever watches the name is told.
  void Set(const std::string& name, bool serving);
  /// Every name is NOT_SERVING from now on, and stays so.
  void SetNotServing();

  void Serve(CallQueue& queue) override;

 private:
  class Check;
  class Watch;

  /// SERVICE_UNKNOWN for a name that is none.
  ServingStatus StatusOf(const std::string& name) const;    // under the lock
  void Put(const std::string& name, ServingStatus status);  // under the lock

  mutable std::mutex mutex_;
  bool ended_ = false;
  std::map<std::string, ServingStatus> names_;
  std::set<Watch*> watches_;
};

}  // namespace gw::rpc
