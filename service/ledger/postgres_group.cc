#include "service/ledger/postgres_group.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "service/ledger/email_key.h"
#include "service/ledger/postgres_rows.h"
#include "service/ledger/postgres_schema.h"

namespace gw::ledger {
namespace {

// Many rows that become what they are, with their events. `one` gives the same time to all of it.
// What has been given microseconds of `alike_for`, 0 or more, was not named by its caller: it is
// not begun beside another like it.
constexpr char kBeginAll[] =
    "WITH one AS (SELECT clock_timestamp() AS now), row AS ("
    " INSERT INTO allocations (caller, request_id, examination_id, candidate_email, email_key,"
    " state, attempt, resendable, invite_id, invite_link, create_time, update_time, owner, error)"
    " SELECT t.caller, t.request_id, t.examination_id, t.email, t.email_key, 'PENDING', 1, false,"
    " 0, '', now, now, t.owner, ''"
    " FROM one, unnest($1, $2, $3, $4, $5, $6, $7, $8)"
    " AS t (caller, request_id, examination_id, email, email_key, owner, erased_key, alike_for)"
    " WHERE t.alike_for < 0 OR NOT EXISTS (SELECT FROM allocations a WHERE a.caller = t.caller"
    " AND a.examination_id = t.examination_id AND a.email_key IN (t.email_key, t.erased_key)"
    " AND (a.state IN ('PENDING', 'IN_DOUBT') OR (a.state = 'SUCCEEDED'"
    " AND a.update_time > one.now - t.alike_for * interval '1 microsecond')))"
    " ON CONFLICT (caller, request_id) DO NOTHING"
    " RETURNING seq, caller, request_id, create_time),"
    " event AS (INSERT INTO allocation_events (allocation, time, state, actor, note, attempt)"
    " SELECT seq, create_time, 'PENDING', caller, '', 1 FROM row)"
    " SELECT caller, request_id, seq, create_time FROM row";

// Settle of state_machine.h, where that is kDone, for many.
constexpr char kSettleAll[] =
    "WITH row AS (UPDATE allocations SET state = t.verdict, owner = '', resendable = t.unexecuted,"
    " error = t.why,"
    " invite_id = CASE WHEN t.verdict = 'SUCCEEDED' THEN t.invite ELSE invite_id END,"
    " invite_link = CASE WHEN t.verdict <> 'SUCCEEDED' THEN invite_link"
    " WHEN candidate_email = '' THEN '' ELSE t.link END,"
    " update_time = clock_timestamp()"
    " FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    " AS t (asker, id, of_attempt, verdict, unexecuted, why, invite, link, note)"
    " WHERE caller = t.asker AND request_id = t.id AND attempt = t.of_attempt"
    " AND (state = 'PENDING' OR (state = 'IN_DOUBT' AND t.verdict <> 'IN_DOUBT'))"
    " RETURNING t.note, " GW_LEDGER_ROW_COLUMNS
    "), event AS (INSERT INTO allocation_events (allocation, time, state, actor, note, attempt)"
    " SELECT seq, update_time, state, 'gateway', note, attempt FROM row)"
    " SELECT " GW_LEDGER_ROW_COLUMNS " FROM row";

// No window is longer than what is ever kept.
int64_t WindowMicros(const Intent& intent) {
  if (intent.kind != Intent::Kind::kMadeId) return -1;
  return absl::ToInt64Microseconds(std::min(intent.dedupe_window, absl::Hours(24 * 365 * 100)));
}

PostgresCall BeginAll(const std::vector<const Intent*>& intents, const observe::KeyedHash& hash) {
  std::vector<std::string> callers, ids, emails, email_keys, owners, erased_keys;
  std::vector<int64_t> examinations, windows;
  for (const Intent* intent : intents) {
    callers.push_back(intent->key.caller);
    ids.push_back(intent->key.request_id);
    examinations.push_back(intent->examination_id);
    emails.push_back(intent->candidate_email);
    email_keys.push_back(intent->email_key);
    owners.push_back(intent->owner);
    windows.push_back(WindowMicros(*intent));
    erased_keys.push_back(windows.back() < 0 ? "" : ErasedEmailKey(intent->email_key, hash));
  }
  return {"begin_all", kBeginAll,
          PostgresParams()
              .Texts(callers)
              .Texts(ids)
              .Ints(examinations)
              .Texts(emails)
              .Texts(email_keys)
              .Texts(owners)
              .Texts(erased_keys)
              .Ints(windows)};
}

State StateAfter(Outcome::Verdict verdict) {
  if (verdict == Outcome::Verdict::kSucceeded) return State::kSucceeded;
  return verdict == Outcome::Verdict::kInDoubt ? State::kInDoubt : State::kFailed;
}

PostgresCall SettleAll(const std::vector<const SettleWork*>& works) {
  std::vector<std::string> callers, ids, states, errors, links, notes;
  std::vector<int64_t> attempts, invites;
  std::vector<bool> resendable;
  for (const SettleWork* work : works) {
    callers.push_back(work->key.caller);
    ids.push_back(work->key.request_id);
    attempts.push_back(work->attempt);
    states.emplace_back(StateName(StateAfter(work->outcome.verdict)));
    resendable.push_back(work->outcome.verdict == Outcome::Verdict::kNotExecuted);
    errors.push_back(work->outcome.error);
    invites.push_back(work->outcome.invite_id);
    links.push_back(work->outcome.invite_link);
    notes.push_back(work->note);
  }
  return {"settle_all", kSettleAll,
          PostgresParams()
              .Texts(callers)
              .Texts(ids)
              .Ints(attempts)
              .Texts(states)
              .Bools(resendable)
              .Texts(errors)
              .Ints(invites)
              .Texts(links)
              .Texts(notes)};
}

// The lock and the look for an allocation like it are of one order: who is second sees the first.
PostgresCall LockAll(const std::vector<const Intent*>& intents) {
  std::set<int64_t> locks;
  for (const Intent* intent : intents) {
    if (intent->kind != Intent::Kind::kMadeId) continue;
    locks.insert(LikenessLock(intent->key.caller, intent->examination_id, intent->email_key));
  }
  return {"lock_all", "SELECT pg_advisory_xact_lock(l) FROM unnest($1) AS l",
          PostgresParams().Ints({locks.begin(), locks.end()})};
}

bool IsFirst(const Work& work) {
  const auto* begin = std::get_if<BeginWork>(&work);
  if (begin == nullptr) return std::holds_alternative<SettleWork>(work);
  const Intent& intent = begin->intent;
  return intent.kind != Intent::Kind::kResend && intent.may_start && intent.awaited_attempt == 0 &&
         intent.actor == intent.key.caller && intent.note.empty();
}

// Null: of another kind.
const Key* KeyOf(const Work& work) {
  if (const auto* begin = std::get_if<BeginWork>(&work)) return &begin->intent.key;
  if (const auto* settle = std::get_if<SettleWork>(&work)) return &settle->key;
  return nullptr;
}

// Those for which `wanted` holds, and that no work for the same key stands before: their order is
// kept.
template <class Wanted>
std::vector<size_t> Choose(absl::Span<const Work> works, const std::vector<bool>& done,
                           Wanted wanted) {
  std::vector<size_t> chosen;
  std::set<Key> seen;
  for (size_t i = 0; i < works.size(); ++i) {
    const Key* key = KeyOf(works[i]);
    if (key == nullptr || done[i]) continue;
    if (seen.insert(*key).second && wanted(i)) chosen.push_back(i);
  }
  return chosen;
}

// Which of `chosen` is about the row that is told in these columns.
size_t WhichOf(const std::vector<size_t>& chosen, absl::Span<const Work> works, const Key& key) {
  return *std::lower_bound(chosen.begin(), chosen.end(), key,
                           [&](size_t i, const Key& wanted) { return *KeyOf(works[i]) < wanted; });
}

template <class Kind>
bool HasAny(absl::Span<const Work> works, const std::vector<size_t>& chosen) {
  return std::any_of(chosen.begin(), chosen.end(),
                     [&](size_t i) { return std::holds_alternative<Kind>(works[i]); });
}

}  // namespace

std::vector<size_t> ChooseFirsts(absl::Span<const Work> works, const std::vector<bool>& done) {
  std::set<std::tuple<absl::string_view, int64_t, absl::string_view>> likenesses;
  std::vector<size_t> chosen = Choose(works, done, [&](size_t i) {
    if (!IsFirst(works[i])) return false;
    const auto* begin = std::get_if<BeginWork>(&works[i]);
    if (begin == nullptr) return true;
    const Intent& intent = begin->intent;
    // One statement does not see what it begins itself.
    const bool is_new =
        likenesses.emplace(intent.key.caller, intent.examination_id, intent.email_key).second;
    return is_new || intent.kind != Intent::Kind::kMadeId;
  });
  std::sort(chosen.begin(), chosen.end(),
            [&](size_t a, size_t b) { return *KeyOf(works[a]) < *KeyOf(works[b]); });
  return chosen;
}

std::vector<PostgresCall> CallsOfFirsts(absl::Span<const Work> works,
                                        const std::vector<size_t>& chosen,
                                        const observe::KeyedHash& hash) {
  std::vector<const Intent*> intents;
  std::vector<const SettleWork*> outcomes;
  for (const size_t i : chosen) {
    if (const auto* begin = std::get_if<BeginWork>(&works[i])) {
      intents.push_back(&begin->intent);
    } else {
      outcomes.push_back(&std::get<SettleWork>(works[i]));
    }
  }
  std::vector<PostgresCall> calls;
  const bool has_made = std::any_of(intents.begin(), intents.end(), [](const Intent* intent) {
    return intent->kind == Intent::Kind::kMadeId;
  });
  // The lock is a statement of its own: the next one sees what was committed before it was had.
  if (has_made) calls.push_back(LockAll(intents));
  if (!outcomes.empty()) calls.push_back(SettleAll(outcomes));
  if (!intents.empty()) calls.push_back(BeginAll(intents, hash));
  return calls;
}

void TakeFirsts(absl::Span<const PostgresResult> results, const std::vector<size_t>& chosen,
                absl::Span<Work> works, std::vector<bool>& done) {
  size_t next = results.size();
  if (HasAny<BeginWork>(works, chosen)) {
    const PostgresResult& result = results[--next];
    for (int row = 0; row < result.rows(); ++row) {
      const size_t i = WhichOf(
          chosen, works, {std::string(result.Text(row, 0)), std::string(result.Text(row, 1))});
      auto& begin = std::get<BeginWork>(works[i]);
      Row first = FirstRow(begin.intent, result.Time(row, 3));
      first.seq = result.Int(row, 2);
      begin.begun = {Begun::Kind::kStart, std::move(first)};
      done[i] = true;
    }
  }
  if (HasAny<SettleWork>(works, chosen)) {
    const PostgresResult& result = results[--next];
    for (int row = 0; row < result.rows(); ++row) {
      Row settled = RowOf(result, row);
      const size_t i = WhichOf(chosen, works, settled.key);
      auto& work = std::get<SettleWork>(works[i]);
      work.settled = Settled::kDone;
      work.row = std::move(settled);
      done[i] = true;
    }
  }
}

std::optional<PostgresError> RunReplays(PostgresConnection& connection,
                                        const observe::KeyedHash& hash,
                                        const std::vector<size_t>& firsts, absl::Span<Work> works,
                                        std::vector<bool>& done) {
  const std::vector<size_t> chosen = Choose(works, done, [&](size_t i) {
    const auto* begin = std::get_if<BeginWork>(&works[i]);
    return begin != nullptr && begin->intent.kind == Intent::Kind::kGivenId &&
           std::find(firsts.begin(), firsts.end(), i) == firsts.end();
  });
  if (chosen.empty()) return std::nullopt;
  std::vector<PostgresCall> calls;
  for (const size_t i : chosen) {
    const Key& key = *KeyOf(works[i]);
    calls.push_back({"see",
                     "SELECT " GW_LEDGER_ROW_COLUMNS ", EXISTS (SELECT FROM owners WHERE id = owner"
                     " AND lease_until > clock_timestamp()), clock_timestamp()"
                     " FROM allocations WHERE caller = $1 AND request_id = $2",
                     PostgresParams().Text(key.caller).Text(key.request_id)});
  }
  const PostgresAnswer answer = connection.Run(calls);
  if (answer.error) return answer.error;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const PostgresResult& result = answer.results[i];
    if (result.rows() == 0) continue;
    const Row row = RowOf(result, 0);
    const bool owner_lives = result.Bool(0, kRowColumns);
    if (row.state == State::kPending && !owner_lives) continue;
    auto& begin = std::get<BeginWork>(works[chosen[i]]);
    Begun begun = Decide(begin.intent, row, hash, result.Time(0, kRowColumns + 1));
    if (begun.kind == Begun::Kind::kStart) continue;
    begin.begun = std::move(begun);
    done[chosen[i]] = true;
  }
  return std::nullopt;
}

}  // namespace gw::ledger
