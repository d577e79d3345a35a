// The operators' port: /healthz, /readyz, /metrics and /statusz over plain HTTP.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/admin/status.h"
#include "service/observe/health.h"
#include "service/observe/metrics.h"

namespace gw::admin {

/// Serves from its making to its destruction, on threads of its own.
///
/// /healthz: 200 `ok` as long as the process can answer at all.
/// /readyz: 200 while serving, 503 before and while draining; JSON with `status` and `components`.
/// /metrics: Prometheus' text format.
/// /statusz: the same for people, see StatusPage; `?refresh=SECONDS` (1 to 3600) has it asked for
/// anew. /statusz.json: see StatusJson.
class AdminServer {
 public:
  /// Listens at `host`:`port`; 0 picks a free port. `health` and `metrics`, and what
  /// `status` reads, outlive it. Error: UNAVAILABLE, naming the address that cannot be listened at.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const std::string& host, int port,
                                                            const observe::Health& health,
                                                            const observe::Metrics& metrics,
                                                            const ReadStatus& status);
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
