#include "service/app/concero_stack.h"

#include <utility>

#include "service/app/settings.h"
#include "service/http/admission.h"

namespace gw::app {

ConceroStack::ConceroStack(const gateway::config::v1::ConceroConfig& config,
                           const gateway::config::v1::EgressConfig& egress, keys::Credential key,
                           LedgerStack& ledger, const Surroundings& around)
    : clock_(around.clock),
      ledger_(ledger),
      upstream_(ConceroUpstream(config, egress, std::move(key)), around),
      client_(upstream_.transport()),
      allocator_(upstream_.transport(), AllocatorOptions(config)),
      allowed_list_age_(AllowedListAge(config.examinations())),
      patience_(FetchPatience(config)),
      cache_([this](auto done) { FetchList(std::move(done)); }, around.clock, around.timer,
             CacheOptions(config), [this](const auto& list) { saved_lists_.Save(*list); },
             [this] { feed_.OnKept(); }),
      feed_(cache_, around.clock, around.timer, around.random, FeedOptions(config)),
      reports_([this](int64_t id, auto done) { FetchReport(id, std::move(done)); }, around.clock,
               around.timer, around.random, MinPollInterval(config)),
      saved_lists_(ledger.ledger(), cache_, around.timer, around.clock, config.base_url()),
      sender_(allocator_, upstream_),
      allocations_(ledger.ledger(), sender_, around.timer, around.clock,
                   AllocationsOptions(config)),
      handlers_(client_, cache_, ledger.ledger(), allocations_, around.timer),
      watch_handlers_(cache_, feed_, reports_),
      bulk_places_(http::Admission::OneShotPlaces(static_cast<size_t>(config.max_in_flight()))),
      stream_tools_{[this](auto call) { handlers_.AllocateCandidate(std::move(call)); },
                    bulk_places_, around.timer, around.random},
      all_handlers_{handlers_, watch_handlers_, stream_tools_},
      allocation_handlers_(ledger.ledger(), allocations_, around.timer) {
  around.metrics.ReadCacheAge([this] { return absl::ToDoubleSeconds(cache_.Age()); });
  around.metrics.SetAllowedCacheAge(allowed_list_age_);
  ledger_.SetListListener([this](const std::string& base_url) { saved_lists_.OnSaved(base_url); });
  saved_lists_.OnSaved(config.base_url());  // what was saved before anybody was told
}

ConceroStack::~ConceroStack() {
  ledger_.SetListListener(nullptr);
  // Nothing is fetched or sent any more when the parts that would be told go.
  upstream_.Stop();
}

std::optional<admin::Status::Cache> ConceroStack::CacheSeen() const {
  const concero::ExaminationListPtr list = cache_.Peek();
  if (list == nullptr) return std::nullopt;
  return admin::Status::Cache{
      .age = cache_.Age(),
      .allowed_age = allowed_list_age_,
      .fetch_time = list->fetch_time,
      .stale = cache_.IsStale(*list),
      .version = list->version,
      .examinations = static_cast<int64_t>(list->examinations.size()),
  };
}

void ConceroStack::FetchList(Once<concero::ExaminationCache::Fetched> done) {
  client_.ListExaminations({clock_.Now() + patience_, {}}, std::move(done));
}

void ConceroStack::FetchReport(int64_t invite_id,
                               Once<absl::StatusOr<::concero::v1::Report>> done) {
  client_.GetReport(invite_id, {clock_.Now() + patience_, {}}, std::move(done));
}

}  // namespace gw::app
