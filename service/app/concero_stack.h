// Everything of Concero's, wired.
#pragma once

#include "absl/time/time.h"
#include "gateway/config/v1/config.pb.h"
#include "service/app/upstream.h"
#include "service/base/secret.h"
#include "service/concero/allocator.h"
#include "service/concero/client.h"
#include "service/concero/examination_cache.h"
#include "service/rpc/assessment_handlers.h"

namespace gw::app {

/// Thread safety: as its parts.
class ConceroStack {
 public:
  /// What `around` refers to outlives it. The metrics that it adds are read until the last look at
  /// them: whoever looks is gone before it is.
  ConceroStack(const gateway::config::v1::ConceroConfig& config,
               const gateway::config::v1::EgressConfig& egress, Secret key,
               const Surroundings& around);

  Upstream& upstream() { return upstream_; }
  rpc::AssessmentHandlers& handlers() { return handlers_; }

 private:
  void FetchList(Once<concero::ExaminationCache::Fetched> done);

  Clock& clock_;
  Upstream upstream_;
  concero::Client client_;
  concero::Allocator allocator_;
  const absl::Duration list_patience_;
  concero::ExaminationCache cache_;
  rpc::AssessmentHandlers handlers_;
};

}  // namespace gw::app
