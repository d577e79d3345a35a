// The operators' port: /healthz, /readyz and /metrics over plain HTTP.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/observe/health.h"
#include "service/observe/metrics.h"

namespace gw::admin {

/// Serves from its making to its destruction, on threads of its own.
///
/// /healthz: 200 `ok` as long as the process can answer at all.
/// /readyz: 200 while serving, 503 before and while draining; JSON with `status` and `components`.
/// /metrics: Prometheus' text format.
class AdminServer {
 public:
  /// Listens at `host`:`port`; 0 picks a free port. `health` and `metrics` outlive it. Error:
  /// UNAVAILABLE, naming the address that cannot be listened at.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const std::string& host, int port,
                                                            const observe::Health& health,
                                                            const observe::Metrics& metrics);
  ~AdminServer();

  int port() const;

 private:
  struct State;
  explicit AdminServer(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

/// What /readyz says. Thread safety: pure but for reading `health`.
std::string ReadyJson(const observe::Health& health);

}  // namespace gw::admin
