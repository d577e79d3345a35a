#include "service/ledger/flight.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/ledger/email_key.h"
#include "service/ledger/ledger_failures.h"

namespace gw::ledger {

namespace {

void StartAnew(Flight& flight) {
  flight.phase = Flight::Phase::kBeginning;
  flight.called_off = false;
  flight.stayed = Flight::Stayed::kNo;
  flight.stop = std::stop_source();
  flight.intent.awaited_attempt = 0;
  flight.waiters.front()->joined = false;  // it is they who have it sent
  // Callers do not resend what is in doubt.
  if (flight.intent.kind == Intent::Kind::kResend) flight.intent.kind = Intent::Kind::kGivenId;
}

}  // namespace

absl::Status NothingSent(GaveUp why, absl::string_view request_id) {
  Failure failure;
  const bool late = why == GaveUp::kDeadline;
  failure.reason = late ? Reason::kDeadlineExceeded : Reason::kCancelled;
  failure.metadata = {{"request_id", std::string(request_id)}};
  return MakeFailure(
      late ? absl::StatusCode::kDeadlineExceeded : absl::StatusCode::kCancelled,
      late ? "too little time was left to send the allocation; this call has sent nothing"
           : "the call was cancelled before the allocation was sent",
      failure);
}

absl::Status Stopping(absl::string_view request_id) {
  Failure failure;
  failure.reason = Reason::kShuttingDown;
  failure.metadata = {{"request_id", std::string(request_id)}};
  return MakeFailure(absl::StatusCode::kUnavailable, "this gateway is stopping", failure);
}

std::string LikenessOf(const Intent& intent) {
  return absl::StrCat(intent.key.caller, absl::string_view("\0", 1), intent.examination_id,
                      absl::string_view("\0", 1), intent.email_key);
}

FlightResult ResultFor(const Waiter& waiter, const FlightResult& result) {
  if (!result.ok()) return result;
  const Row& row = result->row;
  const bool other = waiter.examination_id != 0 && !row.erased() &&
                     (waiter.examination_id != row.examination_id ||
                      waiter.email_key != EmailKeyOf(row.candidate_email));
  if (other) return RequestIdReused(row.key.request_id);
  if (absl::Status standing = StandingOf(row); !standing.ok()) return standing;
  return Allocations::Result{row, result->replayed || waiter.joined};
}

FlightResult FlightTable::StopWaiting(Waiter& waiter, GaveUp why, const std::string& request_id) {
  std::optional<std::stop_source> stop;
  {
    std::lock_guard lock(mutex);
    waiter.gone = true;
    if (waiter.landed) return AllocationInProgress(request_id);
    const FlightPtr flight = waiter.flight.lock();
    if (flight == nullptr) return NothingSent(why, request_id);
    std::erase_if(flight->waiters, [&](const WaiterPtr& other) { return &*other == &waiter; });
    if (flight->left || flight->phase == Flight::Phase::kWatching ||
        flight->phase == Flight::Phase::kSettling || !flight->waiters.empty()) {
      return AllocationInProgress(flight->intent.key.request_id);
    }
    flight->called_off = true;
    flight->gave_up = why;
    stop = flight->stop;
  }
  stop->request_stop();
  return NothingSent(why, request_id);
}

bool FlightTable::Join(const WaiterPtr& waiter, const FlightPtr& flight, bool joined) {
  if (waiter->gone) return false;
  waiter->joined |= joined;
  waiter->flight = flight;
  flight->waiters.push_back(waiter);
  return true;
}

FlightPtr FlightTable::Find(const Intent& intent) const {
  if (intent.kind == Intent::Kind::kMadeId) {
    const auto like = alike.find(LikenessOf(intent));
    if (like != alike.end()) return like->second;
  }
  const auto found = flights.find(intent.key);
  return found == flights.end() ? nullptr : found->second;
}

void FlightTable::Add(const FlightPtr& flight) {
  if (flight->intent.kind == Intent::Kind::kMadeId) {
    flight->likeness = LikenessOf(flight->intent);
    alike[flight->likeness] = flight;
  }
  flights[flight->intent.key] = flight;
}

bool FlightTable::Rename(const FlightPtr& flight, const Key& key) {
  flights.erase(flight->intent.key);
  const auto [at, is_new] = flights.try_emplace(key, flight);
  if (is_new) {
    flight->intent.key = key;
    return true;
  }
  const FlightPtr& other = at->second;
  for (const WaiterPtr& waiter : flight->waiters) Join(waiter, other, true);
  flight->waiters.clear();
  if (other->likeness.empty() && !flight->likeness.empty()) {
    other->likeness = flight->likeness;
    alike[other->likeness] = other;
  } else {
    alike.erase(flight->likeness);
  }
  return false;
}

void FlightTable::Forget(const Flight& flight) {
  const auto found = flights.find(flight.intent.key);
  if (found != flights.end() && &*found->second == &flight) flights.erase(found);
  const auto like = alike.find(flight.likeness);
  if (like != alike.end() && &*like->second == &flight) alike.erase(like);
}

std::vector<WaiterPtr> FlightTable::Part(Flight& flight, bool has_time) {
  std::vector<WaiterPtr> told;
  const bool resend = flight.intent.kind == Intent::Kind::kResend;
  const bool others_fault = flight.called_off || flight.stayed == Flight::Stayed::kCalledOff ||
                            (flight.stayed == Flight::Stayed::kTooLate && has_time);
  for (const WaiterPtr& waiter : std::exchange(flight.waiters, {})) {
    const bool asked_for_this = resend ? waiter->examination_id == 0 : !others_fault;
    waiter->landed = flight.left || asked_for_this;
    (waiter->landed ? told : flight.waiters).push_back(waiter);
  }
  if (flight.waiters.empty()) {
    Forget(flight);
  } else {
    StartAnew(flight);
  }
  return told;
}

absl::Status WithRequestId(const absl::Status& status, absl::string_view request_id) {
  for (const auto& [key, value] : GetFailure(status).metadata) {
    if (key == "request_id") return status;
  }
  return WithMetadata(status, "request_id", request_id);
}

absl::string_view OutcomeName(const Sent& sent) {
  return sent.status.ok() ? absl::string_view("SUCCEEDED")
                          : ReasonName(GetFailure(sent.status).reason);
}

}  // namespace gw::ledger
