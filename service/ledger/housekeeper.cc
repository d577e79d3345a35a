#include "service/ledger/housekeeper.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace gw::ledger {
namespace {

constexpr absl::Duration kShortestPause = absl::Seconds(1);
constexpr absl::Duration kBetweenPrunings = absl::Minutes(1);
constexpr absl::Duration kPauseAfterFailure = absl::Seconds(10);
constexpr int kPauseForCost = 100;

}  // namespace

struct Housekeeper::Core : std::enable_shared_from_this<Core> {
  Core(Ledger& l, Timer& t, Clock& c, absl::Duration r)
      : ledger(l), timer(t), clock(c), retention(r) {}

  // Removes, then counts.
  void Begin() {
    std::lock_guard lock(mutex);
    if (gone) return;
    if (clock.Now() < next_pruning) return Count();
    auto pruned = std::make_shared<int>(0);
    ledger.Do(
        [pruned, keep = retention](Rows& rows) { *pruned = rows.Prune(rows.Now() - keep, kBatch); },
        [weak = weak_from_this(), pruned](const absl::Status& status) {
          if (const auto self = weak.lock()) self->OnPruned(status.ok(), *pruned);
        });
  }

  void OnPruned(bool done, int pruned) {
    std::lock_guard lock(mutex);
    // Where there was a whole batch there is more.
    if (done && pruned < kBatch) next_pruning = clock.Now() + kBetweenPrunings;
    if (!gone) Count();
  }

  // Under the lock.
  void Count() {
    auto counted = std::make_shared<std::map<State, int64_t>>();
    ledger.Read(
        [counted](Rows& rows) { *counted = rows.Count(); },
        [weak = weak_from_this(), counted, began = clock.Now()](const absl::Status& status) {
          if (const auto self = weak.lock()) self->OnCounted(status.ok(), *counted, began);
        });
  }

  void OnCounted(bool done, const std::map<State, int64_t>& counted, Instant began) {
    const Instant now = clock.Now();
    if (done) {
      std::lock_guard lock(mutex);
      for (const State state : AllStates()) counts[state] = 0;
      for (const auto& [state, count] : counted) counts[state] = count;
    }
    const absl::Duration pause =
        done ? std::max(kShortestPause, kPauseForCost * (now - began)) : kPauseAfterFailure;
    timer.Schedule(now + pause, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Begin();
    });
  }

  Ledger& ledger;
  Timer& timer;
  Clock& clock;
  const absl::Duration retention;
  std::recursive_mutex mutex;  // a full queue answers at once
  Instant next_pruning;
  bool gone = false;  // and the ledger may be
  std::map<State, int64_t> counts;
};

Housekeeper::Housekeeper(Ledger& ledger, Timer& timer, Clock& clock, absl::Duration retention)
    : core_(std::make_shared<Core>(ledger, timer, clock, retention)) {
  core_->Begin();
}

Housekeeper::~Housekeeper() {
  std::lock_guard lock(core_->mutex);
  core_->gone = true;
}

int64_t Housekeeper::rows(State state) const {
  std::lock_guard lock(core_->mutex);
  const auto found = core_->counts.find(state);
  return found == core_->counts.end() ? -1 : found->second;
}

}  // namespace gw::ledger
