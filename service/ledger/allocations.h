// Allocations, each sent at most once, for callers who may ask as often as they like.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/base/timer.h"
#include "service/ledger/allocation_sender.h"
#include "service/ledger/ledger.h"
#include "service/ledger/record.h"
#include "service/observe/call_record.h"

namespace gw::ledger {

/// A row is durable before its POST leaves, and its outcome before anybody hears it. All who ask
/// for one allocation at a time, in this process, share one flight: one row, one POST, one result,
/// each with a deadline of their own. What another replica sends is waited for through the store.
///
/// As long as nothing has left, the last one who stops waiting takes the allocation back, and it
/// ends FAILED with nothing sent. Once it has left nothing takes it back: it ends by the upstream's
/// timeout alone, and its outcome is recorded whether or not somebody waits.
///
/// In the last instant before bytes leave, it is asked once more whether anybody waits who has
/// `min_time` left, and whether this process owns the row for longer than the upstream's timeout
/// (Store::OwnsFor): a process that was paused for longer than its lease does not send what others
/// have put IN_DOUBT since. The window that remains: between this question and the kernel taking
/// the bytes, some microseconds of this thread's. A process that is stopped just there, for longer
/// than its lease less the timeout, sends late; the row is IN_DOUBT by then, so nobody has sent it
/// again but a person who resolved it so within that time. A machine whose CLOCK_BOOTTIME runs slow
/// against the database's clock, or a virtual machine that is set back to a snapshot, is not
/// noticed either.
///
/// Thread safety: all functions may be called from any thread. Completions run on any, and must not
/// block.
class Allocations {
 public:
  struct Options {
    /// Calls without an id: how long a SUCCEEDED allocation counts as theirs. Zero: nothing is
    /// looked for, and each is an allocation of its own.
    absl::Duration dedupe_window = absl::Minutes(5);
    /// Not sent when nobody who waits has this long.
    absl::Duration min_time = absl::Seconds(1);
    /// The longest that a POST takes once it has left (`concero.timeout`).
    absl::Duration timeout = absl::Seconds(10);
  };

  /// References outlive it, and every completion of the sender's.
  Allocations(Ledger& ledger, AllocationSender& sender, Timer& timer, Clock& clock,
              Options options);
  /// Whoever waits for another replica is told CANCELLED; what is being sent goes on.
  ~Allocations();

  /// Who asks, and for how long.
  struct Asker {
    std::string caller;
    Instant deadline = Instant::Never();
    std::stop_token cancel;
    observe::CallRecordPtr record;
  };
  struct Result {
    Row row;
    /// It is not this call that had it sent.
    bool replayed = false;
  };
  using Done = Once<absl::StatusOr<Result>>;

  struct Request {
    std::string request_id;
    /// The id was made for this call.
    bool made_id = false;
    int64_t examination_id = 0;
    std::string candidate_email;  ///< Valid; blanks around it do not count.
  };

  /// Answers with the row, SUCCEEDED or CANCELLED; or why there is none: a failure of the sender's,
  /// as recorded; REQUEST_ID_REUSED, ALLOCATION_IN_DOUBT, ALLOCATION_ABANDONED,
  /// LEDGER_UNAVAILABLE, OVERLOADED; at the deadline, or cancelled, DEADLINE_EXCEEDED or CANCELLED
  /// when nothing was sent, else ALLOCATION_IN_PROGRESS. All carry a request_id: that of the row,
  /// where it is another's.
  void Allocate(const Asker& asker, Request request, Done done);

  /// Sends the allocation `key` again, which must be IN_DOUBT, and answers as Allocate does; or
  /// ALLOCATION_NOT_FOUND, ALLOCATION_NOT_IN_DOUBT, INVALID_FIELD when the candidate was erased.
  /// `actor` and `note` are for the trail.
  void Resend(const Asker& asker, Key key, std::string actor, std::string note, Done done);

  /// Whoever waits for another replica is told SHUTTING_DOWN.
  void Stop();
  /// The same for whoever waits for the ledger, to record what is begun or how it ended: what has
  /// left is ALLOCATION_IN_DOUBT to them. Nothing may be sent any more by then.
  void StopWaitingForLedger();

  /// Flights under way.
  size_t active() const;

 private:
  struct Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace gw::ledger
