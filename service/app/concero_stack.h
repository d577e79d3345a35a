// Everything of Concero's, wired.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "gateway/config/v1/config.pb.h"
#include "service/admin/status.h"
#include "service/app/concero_sender.h"
#include "service/app/ledger_stack.h"
#include "service/app/saved_lists.h"
#include "service/app/upstream.h"
#include "service/concero/allocator.h"
#include "service/concero/client.h"
#include "service/concero/examination_cache.h"
#include "service/concero/examination_feed.h"
#include "service/concero/report_watches.h"
#include "service/keys/key_ring.h"
#include "service/ledger/allocations.h"
#include "service/rpc/allocation_handlers.h"
#include "service/rpc/allocation_stream.h"
#include "service/rpc/assessment_handlers.h"
#include "service/rpc/assessment_service.h"
#include "service/rpc/bulk_places.h"
#include "service/rpc/watch_handlers.h"

namespace gw::app {

/// Thread safety: as its parts.
class ConceroStack {
 public:
  /// What `around` refers to, and `ledger`, outlive it. The metrics that it adds are read until the
  /// last look at them: whoever looks is gone before it is.
  ConceroStack(const gateway::config::v1::ConceroConfig& config,
               const gateway::config::v1::EgressConfig& egress, keys::Credential key,
               LedgerStack& ledger, const Surroundings& around);
  ~ConceroStack();

  Upstream& upstream() { return upstream_; }
  const rpc::AssessmentService::Handlers& handlers() const { return all_handlers_; }
  rpc::AllocationHandlers& allocation_handlers() { return allocation_handlers_; }
  ledger::Allocations& allocations() { return allocations_; }

  /// For /statusz; none: there is no list.
  std::optional<admin::Status::Cache> CacheSeen() const;

  /// Waits until the list of an earlier process is there, if there is one and the ledger answers;
  /// at most for `patience`.
  void AwaitSavedList(absl::Duration patience) { saved_lists_.AwaitRestored(patience); }

 private:
  void FetchList(Once<concero::ExaminationCache::Fetched> done);
  void FetchReport(int64_t invite_id, Once<absl::StatusOr<::concero::v1::Report>> done);

  Clock& clock_;
  LedgerStack& ledger_;
  Upstream upstream_;
  concero::Client client_;
  concero::Allocator allocator_;
  const absl::Duration allowed_list_age_;
  const absl::Duration patience_;  // with what is fetched for nobody in particular
  concero::ExaminationCache cache_;
  concero::ExaminationFeed feed_;
  concero::ReportWatches reports_;
  SavedLists saved_lists_;
  ConceroSender sender_;
  ledger::Allocations allocations_;
  rpc::AssessmentHandlers handlers_;
  rpc::WatchHandlers watch_handlers_;
  rpc::BulkPlaces bulk_places_;
  const rpc::AllocationStreamTools stream_tools_;
  const rpc::AssessmentService::Handlers all_handlers_;
  rpc::AllocationHandlers allocation_handlers_;
};

}  // namespace gw::app
