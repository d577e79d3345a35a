// Counts the ledger's rows and removes old ones, in the background.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/timer.h"
#include "service/ledger/ledger.h"
#include "service/ledger/record.h"

namespace gw::ledger {

/// Rows that were last changed more than `retention` ago are removed, kBatch at a time so that
/// nobody waits for long; never one that is PENDING or IN_DOUBT. Counting takes at most a hundredth
/// of the store's time.
/// Thread safety: rows may be called from any thread.
class Housekeeper {
 public:
  static constexpr int kBatch = 200;

  /// References outlive it, and `ledger` its last round.
  Housekeeper(Ledger& ledger, Timer& timer, Clock& clock, absl::Duration retention);
  ~Housekeeper();

  /// How many rows there were at the last count; negative: not known yet.
  int64_t rows(State state) const;

 private:
  struct Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace gw::ledger
