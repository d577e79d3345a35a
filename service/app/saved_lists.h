// The examination list in the ledger's store: for the next process, and for other replicas.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/timer.h"
#include "service/concero/examination_cache.h"
#include "service/ledger/ledger.h"

namespace gw::app {

/// Saves what a cache fetched, and has it adopt what was saved: at the start the list of an earlier
/// process, as soon as the store answers; later that of another replica.
/// Thread safety: all functions may be called from any thread.
class SavedLists {
 public:
  /// References outlive it. Begins to restore.
  SavedLists(ledger::Ledger& ledger, concero::ExaminationCache& cache, Timer& timer, Clock& clock,
             std::string base_url);
  /// Waits for a list that is being adopted.
  ~SavedLists();

  /// In the background, again and again until the store takes it or there is a later one.
  void Save(const concero::ExaminationList& list);
  /// Another replica has saved a list of `base_url`, or may have.
  void OnSaved(const std::string& base_url);
  /// Waits until the store has answered what it has, at most for `patience`.
  void AwaitRestored(absl::Duration patience);

 private:
  struct Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace gw::app
