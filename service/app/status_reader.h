// Gathers what /statusz shows from the parts that know it.
#pragma once

#include <string>
#include <vector>

#include "gateway/config/v1/config.pb.h"
#include "service/admin/status.h"
#include "service/app/concero_stack.h"
#include "service/app/ledger_stack.h"
#include "service/app/server_tls.h"
#include "service/app/upstream.h"
#include "service/base/byte_budget.h"
#include "service/base/clock.h"
#include "service/observe/call_counts.h"
#include "service/observe/health.h"
#include "service/rpc/prologue.h"

namespace gw::app {

/// Thread safety: Read may be called from any thread.
class StatusReader {
 public:
  /// What is read; null: there is none.
  struct Parts {
    Clock& clock;
    const observe::Health& health;
    const observe::CallCounts& calls;
    const rpc::Prologue& prologue;
    const ByteBudget& memory;
    const std::vector<Upstream*>& upstreams;
    const ConceroStack* concero;
    const LedgerStack* ledger;
    const ServerTls* tls;
  };

  /// What the parts refer to outlives it. Its time of start is now.
  StatusReader(const gateway::config::v1::Config& config, const Parts& parts);

  admin::Status Read() const;

 private:
  const Parts parts_;
  const Instant started_;
  const std::string host_;
  const std::string configuration_;
};

}  // namespace gw::app
