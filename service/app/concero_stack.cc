#include "service/app/concero_stack.h"

#include <utility>

#include "service/app/settings.h"
#include "service/rpc/proto_time.h"

namespace gw::app {

ConceroStack::ConceroStack(const gateway::config::v1::ConceroConfig& config,
                           const gateway::config::v1::EgressConfig& egress, Secret key,
                           const Surroundings& around)
    : clock_(around.clock),
      upstream_(ConceroUpstream(config, egress, std::move(key)), around),
      client_(upstream_.transport()),
      allocator_(upstream_.transport(), around.timer, around.clock, AllocatorOptions(config)),
      // Twice the upstream's timeout: one for a turn under the limit, one for the request.
      list_patience_(2 * rpc::ToDuration(config.timeout())),
      cache_([this](auto done) { FetchList(std::move(done)); }, around.clock, around.timer,
             CacheOptions(config)),
      handlers_(client_, allocator_, cache_, around.clock) {
  around.metrics.ReadCacheAge([this] { return absl::ToDoubleSeconds(cache_.Age()); });
}

void ConceroStack::FetchList(Once<concero::ExaminationCache::Fetched> done) {
  client_.ListExaminations({clock_.Now() + list_patience_, {}}, std::move(done));
}

}  // namespace gw::app
