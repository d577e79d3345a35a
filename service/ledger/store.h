// Where the ledger is kept.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/ledger/record.h"
#include "service/ledger/rows.h"
#include "service/ledger/state_machine.h"

namespace gw::ledger {

/// An allocation is to begin (operations.h, Begin).
struct BeginWork {
  Intent intent;
  Begun begun;  ///< The result.
};

/// An attempt has ended (operations.h, SettleRow).
struct SettleWork {
  Key key;
  int attempt = 1;
  Outcome outcome;
  std::string note;
  Settled settled = Settled::kDone;  ///< The result.
  Row row;                           ///< The result: as it stands now; seq 0: there is none.
};

/// Anything else. Run again from the start when the transaction has to be; it must therefore set
/// its results and not add to them.
struct OtherWork {
  std::function<void(Rows&)> run;
};

using Work = std::variant<BeginWork, SettleWork, OtherWork>;

/// Why a group of works was not done.
struct StoreFailure {
  /// For the operator's log: names the store and what it said, never a row's content.
  std::string what;
  /// It may have been done all the same: the store went away while it committed.
  bool perhaps_done = false;
  /// The store cannot be reached, or cannot write at all. Else it is these works that it refused.
  bool store_is_away = true;
};

/// Keeps the rows, in a file or in a database that replicas share. One thread calls Run; it blocks.
///
/// Thread safety: Run and Read as said there; the rest from any.
class Store {
 public:
  virtual ~Store() = default;

  /// Does all works, in an order of its choice but as if one after the other, with one commit for
  /// as many as can be: when nothing is returned they are durable. On failure none
  /// was, unless `perhaps_done`. Results are valid only without failure.
  virtual std::optional<StoreFailure> Run(absl::Span<Work> works) = 0;

  /// Runs `run`, which only looks, on what is committed, beside Run and without waiting for it.
  /// From one thread at a time, which may be another than Run's.
  virtual std::optional<StoreFailure> Read(const std::function<void(Rows&)>& run) {
    Work work = OtherWork{run};
    return Run(absl::MakeSpan(&work, 1));
  }

  /// Who owns what is begun through this store: new for every process, and for every time that it
  /// lost its lease.
  virtual std::string OwnerId() = 0;

  /// Whether `owner` is still its OwnerId, and is certain to be for another `span`, by a clock that
  /// runs while the machine sleeps (CLOCK_BOOTTIME). Does not block.
  virtual bool OwnsFor(const std::string& owner, absl::Duration span) = 0;

  /// Gives up the ownership: what is still PENDING becomes IN_DOUBT at once for others. Nothing is
  /// begun afterwards. Best effort.
  virtual void Release() = 0;
};

}  // namespace gw::ledger
