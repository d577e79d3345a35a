#include "service/ledger/state_machine.h"

#include <utility>

#include "service/ledger/email_key.h"

namespace gw::ledger {
namespace {

Begun Start(const Intent& intent, Row row, absl::Time now) {
  if (!intent.may_start) return {Begun::Kind::kTooLate, std::move(row)};
  ++row.attempt;
  row.state = State::kPending;
  row.resendable = false;
  row.error.clear();
  row.owner = intent.owner;
  row.update_time = now;
  return {Begun::Kind::kStart, std::move(row)};
}

bool SamePayload(const Intent& intent, const Row& row, const observe::KeyedHash& hash) {
  return row.examination_id == intent.examination_id &&
         (row.email_key == intent.email_key ||
          (row.erased() && row.email_key == ErasedEmailKey(intent.email_key, hash)));
}

void Become(State state, absl::Time now, Row& row) {
  row.state = state;
  row.owner.clear();
  row.resendable = false;
  row.error.clear();
  row.update_time = now;
}

State StateAfter(Outcome::Verdict verdict) {
  switch (verdict) {
    case Outcome::Verdict::kSucceeded:
      return State::kSucceeded;
    case Outcome::Verdict::kNotExecuted:
    case Outcome::Verdict::kFailed:
      return State::kFailed;
    case Outcome::Verdict::kInDoubt:
      return State::kInDoubt;
  }
  return State::kInDoubt;
}

bool SaysTheSame(const Outcome& outcome, const Row& row) {
  switch (outcome.verdict) {
    case Outcome::Verdict::kSucceeded:
      return (row.state == State::kSucceeded || row.state == State::kCancelled) &&
             row.invite_id == outcome.invite_id;
    case Outcome::Verdict::kNotExecuted:
      return row.state == State::kFailed && row.resendable;
    case Outcome::Verdict::kFailed:
      return row.state == State::kFailed && !row.resendable;
    case Outcome::Verdict::kInDoubt:
      return row.state == State::kInDoubt;
  }
  return false;
}

}  // namespace

Begun Decide(const Intent& intent, const Row& existing, const observe::KeyedHash& hash,
             absl::Time now) {
  if (intent.kind == Intent::Kind::kResend) {
    if (existing.state != State::kInDoubt) return {Begun::Kind::kNotInDoubt, existing};
    if (existing.erased()) return {Begun::Kind::kErased, existing};
    return Start(intent, existing, now);
  }
  if (!SamePayload(intent, existing, hash)) return {Begun::Kind::kReused, existing};
  const bool send_again = existing.state == State::kFailed && existing.resendable &&
                          existing.attempt != intent.awaited_attempt;
  if (!send_again) return {Begun::Kind::kExisting, existing};
  Begun begun = Start(intent, existing, now);
  if (begun.kind == Begun::Kind::kStart) begun.row.candidate_email = intent.candidate_email;
  if (begun.kind == Begun::Kind::kStart) begun.row.email_key = intent.email_key;
  return begun;
}

Row FirstRow(const Intent& intent, absl::Time now) {
  Row row;
  row.key = intent.key;
  row.examination_id = intent.examination_id;
  row.candidate_email = intent.candidate_email;
  row.email_key = intent.email_key;
  row.owner = intent.owner;
  row.create_time = now;
  row.update_time = now;
  return row;
}

Settled Settle(int attempt, const Outcome& outcome, absl::Time now, Row& row) {
  if (row.attempt != attempt) return Settled::kContradiction;
  if (SaysTheSame(outcome, row)) return Settled::kAlready;
  const bool open = row.state == State::kPending || row.state == State::kInDoubt;
  if (!open) return Settled::kContradiction;
  Become(StateAfter(outcome.verdict), now, row);
  row.resendable = outcome.verdict == Outcome::Verdict::kNotExecuted;
  row.error = outcome.error;
  if (outcome.verdict == Outcome::Verdict::kSucceeded) {
    row.invite_id = outcome.invite_id;
    // Of an erased candidate nothing is kept by which the examination could be entered.
    row.invite_link = row.erased() ? "" : outcome.invite_link;
  }
  return Settled::kDone;
}

bool Resolve(const Resolution& resolution, absl::Time now, Row& row) {
  if (row.state != State::kInDoubt) return false;
  if (resolution.kind == Resolution::Kind::kAbandon) {
    Become(State::kAbandoned, now, row);
    return true;
  }
  Become(State::kSucceeded, now, row);
  row.invite_id = resolution.invite_id;
  row.invite_link = row.erased() ? "" : resolution.invite_link;
  return true;
}

bool Orphan(absl::Time now, Row& row) {
  if (row.state != State::kPending) return false;
  std::string owner = std::move(row.owner);
  Become(State::kInDoubt, now, row);
  row.owner = std::move(owner);
  return true;
}

}  // namespace gw::ledger
