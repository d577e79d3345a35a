#include "service/ledger/allocations.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "service/base/failure.h"
#include "service/ledger/email_key.h"
#include "service/ledger/flight.h"
#include "service/ledger/ledger_failures.h"
#include "service/ledger/recorded_failure_codec.h"

namespace gw::ledger {
namespace {

using Phase = Flight::Phase;
using Stayed = Flight::Stayed;
using Verdict = Outcome::Verdict;

constexpr absl::Duration kFirstLook = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(1);

}  // namespace

struct Allocations::Core : std::enable_shared_from_this<Core> {
  Core(Ledger& l, AllocationSender& s, Timer& t, Clock& c, Options o)
      : ledger(l), sender(s), timer(t), clock(c), options(o) {}

  // --- Who comes, and who stops waiting.

  WaiterPtr MakeWaiter(const Asker& asker, const std::string& request_id, Done done) {
    auto waiter = std::make_shared<Waiter>();
    waiter->deadline = asker.deadline;
    auto patient =
        Patient<FlightResult>::Wait(std::move(done), asker.deadline, asker.cancel, timer,
                                    [weak = weak_from_this(), waiting = std::weak_ptr(waiter),
                                     request_id](GaveUp why) -> FlightResult {
                                      const auto self = weak.lock();
                                      const auto who = waiting.lock();
                                      // They are being told how it ended.
                                      if (self == nullptr || who == nullptr) {
                                        return AllocationInProgress(request_id);
                                      }
                                      return self->table.StopWaiting(*who, why, request_id);
                                    });
    waiter->patient = std::move(patient);
    return waiter;
  }

  void Allocate(const Asker& asker, Request request, Done done) {
    Intent intent;
    intent.kind = request.made_id && options.dedupe_window > absl::ZeroDuration()
                      ? Intent::Kind::kMadeId
                      : Intent::Kind::kGivenId;
    intent.key = {asker.caller, std::move(request.request_id)};
    intent.examination_id = request.examination_id;
    intent.candidate_email = TrimmedEmail(request.candidate_email);
    intent.email_key = EmailKeyOf(request.candidate_email);
    intent.dedupe_window = options.dedupe_window;
    intent.actor = asker.caller;

    const std::string request_id = intent.key.request_id;
    const WaiterPtr waiter = MakeWaiter(asker, request_id, std::move(done));
    waiter->examination_id = intent.examination_id;
    waiter->email_key = intent.email_key;
    std::unique_lock lock(table.mutex);
    if (FlightPtr flight = table.Find(intent)) {
      const Intent& theirs = flight->intent;
      const bool unknown = theirs.examination_id == 0;  // a doubt is being resolved
      if (!unknown && theirs.examination_id == intent.examination_id &&
          theirs.email_key == intent.email_key) {
        FlightTable::Join(waiter, flight, true);
        return;
      }
      lock.unlock();
      waiter->patient->Complete(unknown ? AllocationInProgress(request_id)
                                        : RequestIdReused(request_id));
      return;
    }
    if (const absl::Status room =
            sender.HasRoom(waiter->deadline - options.min_time, table.on_their_way);
        !room.ok()) {
      lock.unlock();
      waiter->patient->Complete(NotLookedUp(room, request_id));
      return;
    }
    TakeOff(std::move(lock), std::move(intent), asker.record, waiter);
  }

  void Resend(const Asker& asker, Key key, std::string actor, std::string note, Done done) {
    const std::string request_id = key.request_id;
    const WaiterPtr waiter = MakeWaiter(asker, request_id, std::move(done));
    std::unique_lock lock(table.mutex);
    if (table.flights.contains(key)) {
      lock.unlock();
      waiter->patient->Complete(AllocationInProgress(request_id));
      return;
    }
    Intent intent;
    intent.kind = Intent::Kind::kResend;
    intent.key = std::move(key);
    intent.actor = std::move(actor);
    intent.note = std::move(note);
    TakeOff(std::move(lock), std::move(intent), asker.record, waiter);
  }

  void TakeOff(std::unique_lock<std::mutex> lock, Intent intent, observe::CallRecordPtr record,
               const WaiterPtr& waiter) {
    auto flight = std::make_shared<Flight>();
    flight->intent = std::move(intent);
    flight->record = std::move(record);
    flight->pause = kFirstLook;
    flight->on_its_way = true;
    if (!FlightTable::Join(waiter, flight, false)) return;
    table.Add(flight);
    ++table.on_their_way;
    lock.unlock();
    Begin(flight);
  }

  // --- What the ledger says.

  void Begin(const FlightPtr& flight) {
    Intent intent;
    {
      std::lock_guard lock(table.mutex);
      intent = flight->intent;
      intent.may_start = HasTime(*flight);
    }
    ledger.Begin(std::move(intent), [self = shared_from_this(), flight](auto begun) {
      self->OnBegun(flight, std::move(begun));
    });
  }

  void OnBegun(const FlightPtr& flight, absl::StatusOr<Begun> begun) {
    const std::string& request_id = flight->intent.key.request_id;
    if (!begun.ok()) return Land(flight, WithMetadata(begun.status(), "request_id", request_id));
    switch (begun->kind) {
      case Begun::Kind::kStart:
        return Send(flight, std::move(begun->row));
      case Begun::Kind::kExisting:
        if (begun->row.state == State::kPending) return Watch(flight, begun->row);
        return Land(flight, Result{std::move(begun->row), true});
      case Begun::Kind::kReused:
        return Land(flight, RequestIdReused(request_id));
      case Begun::Kind::kTooLate:
        return OnTooLate(flight);
      case Begun::Kind::kNotFound:
        return Land(flight, AllocationNotFound(request_id));
      case Begun::Kind::kNotInDoubt:
        if (begun->row.state == State::kPending) {
          return Land(flight, AllocationInProgress(request_id));
        }
        return Land(flight, AllocationNotInDoubt(begun->row));
      case Begun::Kind::kErased:
        return Land(flight, WithMetadata(InvalidField("resend",
                                                      "cannot be asked for: the candidate was "
                                                      "erased, and the address is not known"),
                                         "request_id", request_id));
    }
  }

  void OnTooLate(const FlightPtr& flight) {
    {
      std::lock_guard lock(table.mutex);
      flight->stayed = Stayed::kTooLate;
    }
    Land(flight, NothingSent(GaveUp::kDeadline, flight->intent.key.request_id));
  }

  // Somebody else sends it: another replica, or another flight of ours under the key that counts.
  void Watch(const FlightPtr& flight, const Row& row) {
    Instant next;
    {
      std::lock_guard lock(table.mutex);
      table.Arrived(*flight);
      if (flight->intent.key != row.key && !table.Rename(flight, row.key)) return;
      if (flight->waiters.empty()) return table.Forget(*flight);
      flight->phase = Phase::kWatching;
      if (std::exchange(flight->called_off, false)) flight->stop = std::stop_source();
      flight->intent.kind = Intent::Kind::kGivenId;
      flight->intent.awaited_attempt = row.attempt;
      for (const WaiterPtr& waiter : flight->waiters) waiter->joined = true;
      next = clock.Now() + flight->pause;
      flight->pause = std::min(2 * flight->pause, kLongestPause);
    }
    // Neither is kept by the timer: whoever waits is told when the last of us goes.
    timer.Schedule(next, [weak = weak_from_this(), watching = std::weak_ptr(flight)] {
      const auto self = weak.lock();
      const auto still = watching.lock();
      if (self != nullptr && still != nullptr) self->Begin(still);
    });
  }

  // --- Sending.

  void Send(const FlightPtr& flight, Row row) {
    AllocationSender::Departure departure;
    {
      std::lock_guard lock(table.mutex);
      flight->phase = Phase::kSending;
      flight->row = std::move(row);
      flight->intent.examination_id = flight->row.examination_id;
      flight->intent.candidate_email = flight->row.candidate_email;
      flight->intent.email_key = flight->row.email_key;
      departure.start_by = flight->LatestDeadline() - options.min_time;
      departure.cancel = flight->stop.get_token();
      departure.record = flight->record;
    }
    departure.may_leave = [self = shared_from_this(), flight] { return self->MayLeave(*flight); };
    std::shared_lock lock(gate);
    if (closed) {
      lock.unlock();
      Sent nothing;
      nothing.verdict = Verdict::kNotExecuted;
      nothing.status = Stopping(flight->row.key.request_id);
      return OnSent(flight, std::move(nothing));
    }
    sender.Send(
        flight->row.examination_id, flight->row.candidate_email, std::move(departure),
        [self = shared_from_this(), flight](Sent sent) { self->OnSent(flight, std::move(sent)); });
    std::lock_guard table_lock(table.mutex);
    table.Arrived(*flight);
  }

  bool HasTime(const Flight& flight) {
    return flight.LatestDeadline() - clock.Now() >= options.min_time;
  }

  // The one decision that matters, made under the lock that stopping to wait takes, too.
  bool MayLeave(Flight& flight) {
    std::lock_guard lock(table.mutex);
    const bool owned = ledger.store().OwnsFor(flight.row.owner, options.timeout);
    if (flight.left) return owned;  // once more: it was refused, and nothing was executed
    if (flight.waiters.empty() || flight.called_off) {
      flight.stayed = Stayed::kCalledOff;
    } else if (!HasTime(flight)) {
      flight.stayed = Stayed::kTooLate;
    } else if (!owned) {
      flight.stayed = Stayed::kNotOwned;
    } else {
      flight.left = true;
    }
    return flight.left;
  }

  void OnSent(const FlightPtr& flight, Sent sent) {
    const std::string& request_id = flight->row.key.request_id;
    bool doubt_stays;
    {
      std::lock_guard lock(table.mutex);
      doubt_stays = sent.verdict == Verdict::kNotExecuted && !flight->left &&
                    flight->intent.kind == Intent::Kind::kResend;
      if (sent.verdict == Verdict::kNotExecuted && !flight->left) {
        if (flight->stayed == Stayed::kNotOwned) sent.status = LedgerUnavailable();
        if (flight->stayed == Stayed::kTooLate) {
          sent.status = NothingSent(GaveUp::kDeadline, request_id);
        }
        if (flight->called_off || flight->stayed == Stayed::kCalledOff) {
          sent.status = NothingSent(flight->gave_up, request_id);
        }
      }
      // A called-off flight whose bytes have not left settles as any other, but who joins it from
      // now on is begun anew.
      flight->phase = Phase::kSettling;
    }
    SettleWork work;
    work.key = flight->row.key;
    work.attempt = flight->row.attempt;
    work.outcome = {sent.verdict, sent.invite_id, sent.invite_link, ""};
    work.note = "answered";
    if (!sent.status.ok()) {
      work.outcome.error = EncodeRecordedFailure(sent.status);
      work.note = std::string(ReasonName(GetFailure(sent.status).reason));
    }
    if (doubt_stays) {
      // That nothing was sent now says nothing of what was sent before.
      work.outcome.verdict = Verdict::kInDoubt;
      work.outcome.error = EncodeRecordedFailure(AllocationInDoubt(
          "the second sending that somebody asked for did not take place", request_id));
    }
    ledger.Settle(std::move(work),
                  [self = shared_from_this(), flight, sent = std::move(sent)](
                      auto settled) mutable { self->OnSettled(flight, sent, std::move(settled)); });
  }

  void OnSettled(const FlightPtr& flight, const Sent& sent, absl::StatusOr<SettleWork> settled) {
    const std::string& request_id = flight->row.key.request_id;
    LogIfNobodyWaits(*flight, sent);
    if (!settled.ok()) return Land(flight, OutcomeNotRecorded(request_id));
    if (settled->settled == Settled::kContradiction) {
      observe::LogOf(flight->record.get(), observe::LogLevel::kError, "allocation_contradicted",
                     {{"attempt", flight->row.attempt},
                      {"outcome", OutcomeName(sent)},
                      {"invite_id", sent.invite_id},
                      {"state", settled->row.seq == 0 ? "" : StateName(settled->row.state)}});
      if (settled->row.seq == 0) {
        return Land(flight, AllocationInDoubt("its row has been removed since", request_id));
      }
    }
    // The failure of the moment says when to retry, which is not recorded.
    if (!sent.status.ok() && settled->settled != Settled::kContradiction) {
      return Land(flight, WithRequestId(sent.status, request_id));
    }
    Land(flight, Result{std::move(settled->row), false});
  }

  void LogIfNobodyWaits(const Flight& flight, const Sent& sent) {
    {
      std::lock_guard lock(table.mutex);
      if (!flight.left || !flight.waiters.empty()) return;
    }
    observe::LogOf(flight.record.get(), observe::LogLevel::kWarn, "late_allocation_outcome",
                   {{"outcome", OutcomeName(sent)}, {"invite_id", sent.invite_id}});
  }

  void Land(const FlightPtr& flight, const FlightResult& result) {
    std::vector<WaiterPtr> told;
    bool anew;
    {
      std::lock_guard lock(table.mutex);
      table.Arrived(*flight);
      told = table.Part(*flight, HasTime(*flight));
      anew = !flight->waiters.empty();
    }
    if (anew) Begin(flight);
    for (const WaiterPtr& waiter : told) {
      waiter->patient->Complete(ResultFor(*waiter, result));
    }
  }

  // Ends the waits of the flights of which `choose` makes something to tell.
  void EndWaits(absl::FunctionRef<std::optional<absl::Status>(const Flight&)> choose) {
    std::vector<std::pair<WaiterPtr, absl::Status>> told;
    {
      std::lock_guard lock(table.mutex);
      for (const auto& [key, flight] : table.flights) {
        const std::optional<absl::Status> status = choose(*flight);
        if (!status) continue;
        for (const WaiterPtr& waiter : std::exchange(flight->waiters, {})) {
          waiter->landed = true;
          told.emplace_back(waiter, *status);
        }
      }
    }
    for (const auto& [waiter, status] : told) waiter->patient->Complete(status);
  }

  Ledger& ledger;
  AllocationSender& sender;
  Timer& timer;
  Clock& clock;
  const Options options;
  FlightTable table;
  std::shared_mutex gate;  // shared while the sender is called
  bool closed = false;     // the sender may be gone
};

Allocations::Allocations(Ledger& ledger, AllocationSender& sender, Timer& timer, Clock& clock,
                         Options options)
    : core_(std::make_shared<Core>(ledger, sender, timer, clock, options)) {}

Allocations::~Allocations() {
  std::lock_guard lock(core_->gate);
  core_->closed = true;
}

void Allocations::Allocate(const Asker& asker, Request request, Done done) {
  core_->Allocate(asker, std::move(request), std::move(done));
}

void Allocations::Resend(const Asker& asker, Key key, std::string actor, std::string note,
                         Done done) {
  core_->Resend(asker, std::move(key), std::move(actor), std::move(note), std::move(done));
}

void Allocations::Stop() {
  core_->EndWaits([](const Flight& flight) -> std::optional<absl::Status> {
    if (flight.phase != Phase::kWatching) return std::nullopt;
    return Stopping(flight.intent.key.request_id);
  });
}

void Allocations::StopWaitingForLedger() {
  core_->EndWaits([](const Flight& flight) -> std::optional<absl::Status> {
    const std::string& request_id = flight.intent.key.request_id;
    return flight.left ? OutcomeNotRecorded(request_id) : Stopping(request_id);
  });
}

size_t Allocations::active() const {
  std::lock_guard lock(core_->table.mutex);
  return core_->table.flights.size();
}

}  // namespace gw::ledger
