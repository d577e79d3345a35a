// One allocation under way, and who waits for it. Used by allocations.cc alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/base/patient.h"
#include "service/ledger/allocation_sender.h"
#include "service/ledger/allocations.h"
#include "service/ledger/state_machine.h"
#include "service/observe/call_record.h"

namespace gw::ledger {

using FlightResult = absl::StatusOr<Allocations::Result>;

struct Flight;

/// Somebody who waits. Thread safety: guarded by the lock of its Allocations, but for `patient`.
struct Waiter {
  Instant deadline;
  int64_t examination_id = 0;  ///< What they asked for, as the address; 0: whatever it is.
  std::string email_key;
  /// Others began it.
  bool joined = false;
  /// They stopped waiting; their flight has ended, and they are being told.
  bool gone = false;
  bool landed = false;
  std::weak_ptr<Flight> flight;
  /// Set before the waiter is in a flight.
  std::shared_ptr<Patient<FlightResult>> patient;
};
using WaiterPtr = std::shared_ptr<Waiter>;

/// Thread safety: guarded by the lock of its Allocations.
struct Flight {
  enum class Phase {
    kBeginning,  ///< The ledger is asked.
    kWatching,   ///< Somebody else sends it; the ledger is asked again and again.
    kSending,    ///< This process sends it; perhaps bytes have left.
    kSettling,   ///< Its outcome is being recorded.
  };
  /// Why nothing was sent, when the last question was answered with no.
  enum class Stayed { kNo, kCalledOff, kTooLate, kNotOwned };

  Intent intent;         ///< Its key is the flight's.
  std::string likeness;  ///< Calls without an id find it by this; empty: they do not.
  Phase phase = Phase::kBeginning;
  std::vector<WaiterPtr> waiters;
  Row row;  ///< From kSending on, with the attempt that is this flight's.
  /// It was let in, and counts as on its way to the sender.
  bool on_its_way = false;
  bool left = false;
  /// The last who waited has taken it back, and why.
  bool called_off = false;
  GaveUp gave_up = GaveUp::kDeadline;
  Stayed stayed = Stayed::kNo;
  std::stop_source stop;
  absl::Duration pause;  ///< Between two looks while watching.
  observe::CallRecordPtr record;

  Instant LatestDeadline() const {
    Instant latest;
    for (const WaiterPtr& waiter : waiters) latest = std::max(latest, waiter->deadline);
    return latest;
  }
};
using FlightPtr = std::shared_ptr<Flight>;

/// The flights of a process. Thread safety: StopWaiting may be called from any thread; for the rest
/// the caller holds `mutex`, which guards the flights and their waiters.
struct FlightTable {
  std::mutex mutex;
  absl::flat_hash_map<Key, FlightPtr> flights;
  /// Flights that were let in and have not been handed to the sender.
  size_t on_their_way = 0;
  /// Those that calls without an id find, by LikenessOf.
  absl::flat_hash_map<std::string, FlightPtr> alike;

  /// The waiter's deadline has passed, or they cancelled. Takes the flight back when they were the
  /// last and nothing has left. Returns what they are told; `request_id` is theirs.
  FlightResult StopWaiting(Waiter& waiter, GaveUp why, const std::string& request_id);

  /// False: they have stopped waiting already.
  static bool Join(const WaiterPtr& waiter, const FlightPtr& flight, bool joined);

  /// The flight that `intent` is to join, or null.
  FlightPtr Find(const Intent& intent) const;
  void Add(const FlightPtr& flight);
  /// It is with the sender, or will not get there.
  void Arrived(Flight& flight) {
    if (std::exchange(flight.on_its_way, false)) --on_their_way;
  }
  /// `flight` turned out to be of another key. False: there is a flight of that name, which has
  /// taken over who waits.
  bool Rename(const FlightPtr& flight, const Key& key);
  /// `flight` has ended. Returns those who are to be told so. Who is left in it did not ask for
  /// what came of it: nothing was sent, because others had taken it back, had too little time, or
  /// resolved a doubt. For them it is to begin anew.
  std::vector<WaiterPtr> Part(Flight& flight, bool has_time);
  void Forget(const Flight& flight);
};

/// By what calls without an id find a flight: caller, examination, address.
std::string LikenessOf(const Intent& intent);

/// What `result` is to somebody who asked for what `waiter` did: REQUEST_ID_REUSED when it is about
/// something else; a row that is neither SUCCEEDED nor CANCELLED is a failure (StandingOf).
FlightResult ResultFor(const Waiter& waiter, const FlightResult& result);

/// DEADLINE_EXCEEDED or CANCELLED, of a call that has sent nothing.
absl::Status NothingSent(GaveUp why, absl::string_view request_id);
/// UNAVAILABLE, SHUTTING_DOWN.
absl::Status Stopping(absl::string_view request_id);

/// `status`, with the id when it has none.
absl::Status WithRequestId(const absl::Status& status, absl::string_view request_id);
/// How sending ended, for the log: `SUCCEEDED`, or a reason. Lives forever.
absl::string_view OutcomeName(const Sent& sent);

}  // namespace gw::ledger
