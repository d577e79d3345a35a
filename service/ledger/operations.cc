#include "service/ledger/operations.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/ledger/email_key.h"
#include "service/ledger/ledger_failures.h"
#include "service/ledger/recorded_failure_codec.h"

namespace gw::ledger {
namespace {

void AddEvent(Rows& rows, const Row& row, absl::string_view actor, absl::string_view note) {
  rows.AddEvent(row,
                {row.update_time, row.state, std::string(actor), std::string(note), row.attempt});
}

void WriteState(Rows& rows, const Row& row, absl::string_view actor, absl::string_view note) {
  rows.UpdateState(row);
  AddEvent(rows, row, actor, note);
}

void OrphanIfOwnerIsGone(Rows& rows, Row& row) {
  if (row.state != State::kPending || rows.OwnerLives(row.owner)) return;
  Orphan(rows.Now(), row);
  WriteState(rows, row, kGateway, kOwnerIsGone);
}

// The row of an intent that is the first under its key.
std::optional<Row> Start(Rows& rows, const Intent& intent) {
  if (intent.kind == Intent::Kind::kResend || !intent.may_start) return std::nullopt;
  Row row = FirstRow(intent, rows.Now());
  if (!rows.Insert(row)) return std::nullopt;
  rows.AddEvent(row, {row.create_time, row.state, intent.actor, intent.note, row.attempt});
  return row;
}

std::optional<Row> FindLike(Rows& rows, const Intent& intent) {
  if (intent.kind != Intent::Kind::kMadeId) return std::nullopt;
  return rows.FindLike(intent.key.caller, intent.examination_id, intent.email_key,
                       rows.Now() - intent.dedupe_window);
}

}  // namespace

Begun Begin(Rows& rows, const Intent& intent) {
  std::optional<Row> existing = FindLike(rows, intent);
  if (!existing) {
    // Nearly all are the first of their key: it is not looked for before it was tried.
    if (auto row = Start(rows, intent)) return {Begun::Kind::kStart, *std::move(row)};
    existing = rows.Find(intent.key);
  }
  if (!existing) {
    if (intent.kind == Intent::Kind::kResend) return {Begun::Kind::kNotFound, {}};
    return {Begun::Kind::kTooLate, FirstRow(intent, rows.Now())};
  }
  OrphanIfOwnerIsGone(rows, *existing);
  Begun begun = Decide(intent, *existing, rows.hash(), rows.Now());
  if (begun.kind == Begun::Kind::kStart) {
    rows.Update(begun.row);
    AddEvent(rows, begun.row, intent.actor, intent.note);
  }
  return begun;
}

void SettleRow(Rows& rows, SettleWork& work) {
  std::optional<Row> row = rows.Find(work.key);
  if (!row) {
    work.settled = Settled::kContradiction;
    work.row = Row();
    return;
  }
  work.settled = Settle(work.attempt, work.outcome, rows.Now(), *row);
  if (work.settled == Settled::kDone) WriteState(rows, *row, kGateway, work.note);
  if (work.settled == Settled::kContradiction) {
    rows.AddEvent(
        *row, {rows.Now(), row->state, std::string(kGateway),
               absl::StrCat("an answer to attempt ", work.attempt, " came too late: ", work.note),
               work.attempt});
  }
  work.row = *std::move(row);
}

void TakeBack(Rows& rows, const Key& key, absl::string_view owner, bool in_doubt) {
  std::optional<Row> row = rows.Find(key);
  if (!row || owner.empty() || row->owner != owner) return;
  Outcome outcome;
  outcome.verdict = in_doubt ? Outcome::Verdict::kInDoubt : Outcome::Verdict::kNotExecuted;
  outcome.error = EncodeRecordedFailure(
      in_doubt ? AllocationInDoubt("the second sending that somebody asked for did not take place",
                                   key.request_id)
               : LedgerUnavailable());
  if (Settle(row->attempt, outcome, rows.Now(), *row) != Settled::kDone) return;
  WriteState(rows, *row, kGateway, "nothing was sent: it was not known whether this was recorded");
}

int MarkCancelled(Rows& rows, int64_t invite_id, absl::string_view actor) {
  int marked = 0;
  for (Row& row : rows.FindByInvite(invite_id)) {
    if (row.state != State::kSucceeded) continue;
    row.state = State::kCancelled;
    row.update_time = rows.Now();
    WriteState(rows, row, actor, "");
    ++marked;
  }
  return marked;
}

Resolved ResolveRow(Rows& rows, const Key& key, const Resolution& resolution,
                    absl::string_view actor, absl::string_view note, Row& row) {
  std::optional<Row> found = rows.Find(key);
  if (!found) return Resolved::kNotFound;
  OrphanIfOwnerIsGone(rows, *found);
  const bool done = Resolve(resolution, rows.Now(), *found);
  if (done) WriteState(rows, *found, actor, note);
  row = *std::move(found);
  return done ? Resolved::kDone : Resolved::kNotInDoubt;
}

int Erase(Rows& rows, absl::string_view email, absl::string_view actor) {
  std::vector<Row> found = rows.FindForErasure(TrimmedEmail(email));
  for (Row& row : found) {
    row.candidate_email.clear();
    row.email_key = ErasedEmailKey(row.email_key, rows.hash());
    row.invite_link.clear();
    rows.Update(row);
    rows.AddEvent(
        row, {rows.Now(), row.state, std::string(actor), "the candidate was erased", row.attempt});
  }
  return static_cast<int>(found.size());
}

int PutOrphansInDoubt(Rows& rows, int limit) {
  std::vector<Row> orphans = rows.FindOrphans(limit);
  for (Row& row : orphans) {
    Orphan(rows.Now(), row);
    WriteState(rows, row, kGateway, kOwnerIsGone);
  }
  return static_cast<int>(orphans.size());
}

}  // namespace gw::ledger
