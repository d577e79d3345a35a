#include "service/ledger/housekeeper.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace gw::ledger {
namespace {

constexpr absl::Duration kShortestPause = absl::Seconds(1);
constexpr absl::Duration kBetweenPrunings = absl::Minutes(1);
constexpr int kPauseForCost = 100;

}  // namespace

struct Housekeeper::Core : std::enable_shared_from_this<Core> {
  struct Round {
    std::map<State, int64_t> counts;
    absl::Duration cost;
    int pruned = 0;
  };

  Core(Ledger& l, Timer& t, Clock& c, absl::Duration r)
      : ledger(l), timer(t), clock(c), retention(r) {}

  void Begin() {
    auto round = std::make_shared<Round>();
    const bool prune = clock.Now() >= next_pruning;
    ledger.Do(
        [round, prune, self = shared_from_this()](Rows& rows) {
          const Instant began = self->clock.Now();
          round->pruned = prune ? rows.Prune(rows.Now() - self->retention, kBatch) : 0;
          round->counts = rows.Count();
          round->cost = self->clock.Now() - began;
        },
        [weak = weak_from_this(), round, prune](const absl::Status& status) {
          if (const auto self = weak.lock()) self->End(status.ok(), *round, prune);
        });
  }

  void End(bool done, const Round& round, bool pruned) {
    const Instant now = clock.Now();
    if (done) {
      std::lock_guard lock(mutex);
      for (const State state : AllStates()) counts[state] = 0;
      for (const auto& [state, count] : round.counts) counts[state] = count;
    }
    // Where there was a whole batch there is more.
    if (done && pruned && round.pruned < kBatch) next_pruning = now + kBetweenPrunings;
    const absl::Duration pause = std::max(kShortestPause, kPauseForCost * round.cost);
    timer.Schedule(now + pause, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Begin();
    });
  }

  Ledger& ledger;
  Timer& timer;
  Clock& clock;
  const absl::Duration retention;
  Instant next_pruning;  // of the one round that is under way
  std::mutex mutex;
  std::map<State, int64_t> counts;
};

Housekeeper::Housekeeper(Ledger& ledger, Timer& timer, Clock& clock, absl::Duration retention)
    : core_(std::make_shared<Core>(ledger, timer, clock, retention)) {
  core_->Begin();
}

int64_t Housekeeper::rows(State state) const {
  std::lock_guard lock(core_->mutex);
  const auto found = core_->counts.find(state);
  return found == core_->counts.end() ? -1 : found->second;
}

}  // namespace gw::ledger
