#include "service/app/concero_stack.h"

#include <utility>

#include "service/app/settings.h"

namespace gw::app {

ConceroStack::ConceroStack(const gateway::config::v1::ConceroConfig& config,
                           const gateway::config::v1::EgressConfig& egress, keys::Credential key,
                           LedgerStack& ledger, const Surroundings& around)
    : clock_(around.clock),
      ledger_(ledger),
      upstream_(ConceroUpstream(config, egress, std::move(key)), around),
      client_(upstream_.transport()),
      allocator_(upstream_.transport(), AllocatorOptions(config)),
      list_patience_(ListPatience(config)),
      cache_([this](auto done) { FetchList(std::move(done)); }, around.clock, around.timer,
             CacheOptions(config), [this](const auto& list) { saved_lists_.Save(*list); }),
      saved_lists_(ledger.ledger(), cache_, around.timer, around.clock, config.base_url()),
      sender_(allocator_, upstream_),
      allocations_(ledger.ledger(), sender_, around.timer, around.clock,
                   AllocationsOptions(config)),
      handlers_(client_, cache_, ledger.ledger(), allocations_, around.timer),
      allocation_handlers_(ledger.ledger(), allocations_, around.timer) {
  around.metrics.ReadCacheAge([this] { return absl::ToDoubleSeconds(cache_.Age()); });
  ledger_.SetListListener([this](const std::string& base_url) { saved_lists_.OnSaved(base_url); });
}

ConceroStack::~ConceroStack() {
  ledger_.SetListListener(nullptr);
  // Nothing is fetched or sent any more when the parts that would be told go.
  upstream_.Stop();
}

void ConceroStack::FetchList(Once<concero::ExaminationCache::Fetched> done) {
  client_.ListExaminations({clock_.Now() + list_patience_, {}}, std::move(done));
}

}  // namespace gw::app
