// The bounded executor in front of a store: nobody but its own threads waits for the disk.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/ledger/completions.h"
#include "service/ledger/reader.h"
#include "service/ledger/store.h"
#include "service/observe/health.h"

namespace gw::ledger {

/// One thread hands what has come to the store, as a group with one commit, while the next group
/// gathers; another tells whoever asked, so that answers are made while the disk is written. A
/// group that the store refuses for one of its works is tried again one by one.
///
/// What callers ask for waits in a queue of `max_queued`; beyond it OVERLOADED. While the store is
/// away, it is LEDGER_UNAVAILABLE as soon as the store has been tried, and the health component
/// `ledger` says so. What must not be lost (Settle, Owe) waits beside the queue, without a bound of
/// its own. It is kept and tried again while the store is away, always before anything new, and
/// then there is at most one for each thing that was allowed to begin or is called by its name.
///
/// Thread safety: all functions may be called from any thread. Completions run in the order of
/// the commits, on one thread, and must not block.
class Ledger {
 public:
  struct Options {
    size_t max_queued = 4096;
    /// How many works one commit takes at most; 1 makes each its own.
    size_t max_group = 1024;
    /// Where completions run, see Completions: on the thread that their calls live on, they need
    /// not wake another.
    LoopThread* completions_on = nullptr;
    /// For lag(); outlives it. Null: that is not known.
    Clock* clock = nullptr;
  };

  /// Adds the component. References outlive it.
  Ledger(Store& store, observe::Health& health, Options options);
  /// Runs what is queued and what is owed, once, and ends.
  ~Ledger();

  /// operations.h, Begin; the owner is filled in. On failure nothing was begun, or it is taken back
  /// before anything else is done.
  void Begin(Intent intent, Once<absl::StatusOr<Begun>> done);

  /// operations.h, SettleRow. `done` is told LEDGER_UNAVAILABLE when the store is away now; it will
  /// be written all the same.
  void Settle(SettleWork work, Once<absl::StatusOr<SettleWork>> done);

  /// Runs `run` in a transaction. It may be run more than once, and the last time counts.
  void Do(std::function<void(Rows&)> run, Once<absl::Status> done);
  /// Runs `run`, which only looks, beside all that: it sees what is committed.
  void Read(std::function<void(Rows&)> run, Once<absl::Status> done);
  /// As Do, for what must be done, sooner or later. `done` is told LEDGER_UNAVAILABLE when the
  /// store is away now. Of those of the same `name` that are kept since, only the last is: it does
  /// what they would have done.
  void Owe(std::string name, std::function<void(Rows&)> run, Once<absl::Status> done);

  /// Waits until nothing is queued or owed, at most for `patience`. False: something is.
  bool Flush(absl::Duration patience);
  /// Whether something is.
  bool busy() const;

  Store& store() { return store_; }

  /// For metrics.
  int64_t queued() const;
  int64_t owed() const;
  /// For how long the oldest of what is queued, owed or being committed has waited; zero: nothing
  /// does.
  absl::Duration lag() const;
  int64_t commits() const;
  int64_t works() const;
  /// Answers that came when their row had gone on (Settled::kContradiction).
  int64_t contradictions() const;

 private:
  struct Item {
    Work work;
    bool must = false;                                   ///< Kept until it is done.
    absl::AnyInvocable<void(absl::Status, Work&)> done;  ///< Empty once told.
    Instant since = Instant::Never();                    ///< Waiting; nobody waits for a look.
    std::string name = {};                               ///< Of what is owed; most have none.
  };

  void Push(Item item, bool bounded);
  void RunLoop();
  /// What is owed and what is queued, as far as a group goes; empty: stop.
  std::vector<Item> TakeGroup();
  template <typename Items>
  static Instant Oldest(const Items& items);
  void RunGroup(std::vector<Item> group);
  /// Nothing: done.
  std::optional<StoreFailure> RunItems(std::vector<Item>& group);
  void Tell(Item& item, const absl::Status& status);
  void OnFailure(std::vector<Item> group, const StoreFailure& failure);
  /// Of those of one name the last stays. Under the lock.
  void DropRepeated();
  void SetWell(const StoreFailure* failure);

  Store& store_;
  observe::Health& health_;
  const Options options_;

  mutable std::mutex mutex_;
  std::condition_variable work_;  // there is some, for the one thread
  std::condition_variable idle_;  // perhaps nothing is left to do
  std::deque<Item> queue_;
  std::deque<Item> owed_;
  size_t bounded_ = 0;  // of the queue, those that count
  size_t running_ = 0;
  Instant running_since_ = Instant::Never();  // the oldest of those
  bool away_ = false;
  bool stopping_ = false;
  bool last_try_ = false;  // the group that is run was taken after the end was asked for
  int64_t commits_ = 0;
  int64_t works_ = 0;
  int64_t contradictions_ = 0;

  Completions completions_;
  Reader reader_;
  std::thread thread_;
};

}  // namespace gw::ledger
