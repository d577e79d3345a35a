#include "service/ledger/postgres_group.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "service/ledger/email_key.h"
#include "service/ledger/postgres_rows.h"
#include "service/ledger/postgres_schema.h"

namespace gw::ledger {
namespace {

// A row that has just become what it is, with its event. `one` gives the time to all of it.
#define BEGIN_ONE(condition)                                                                     \
  "WITH one AS (SELECT clock_timestamp() AS now), row AS ("                                      \
  " INSERT INTO allocations (caller, request_id, examination_id, candidate_email, email_key,"    \
  " state, attempt, resendable, invite_id, invite_link, create_time, update_time, owner, error)" \
  " SELECT $1, $2, $3, $4, $5, 'PENDING', 1, false, 0, '', now, now, $6, '' FROM one" condition  \
  " ON CONFLICT (caller, request_id) DO NOTHING RETURNING seq, create_time),"                    \
  " event AS (INSERT INTO allocation_events (allocation, time, state, actor, note, attempt)"     \
  " SELECT seq, create_time, 'PENDING', $7, $8, 1 FROM row)"                                     \
  " SELECT seq, create_time FROM row"

constexpr char kBeginGiven[] = BEGIN_ONE("");
constexpr char kBeginMade[] = BEGIN_ONE(
    " WHERE NOT EXISTS (SELECT FROM allocations a WHERE a.caller = $1 AND a.examination_id = $3"
    " AND a.email_key IN ($5, $9) AND (a.state IN ('PENDING', 'IN_DOUBT')"
    " OR (a.state = 'SUCCEEDED'"
    " AND a.update_time > one.now - $10 * interval '1 microsecond')))");

// Settle of state_machine.h, where that is kDone.
constexpr char kSettle[] =
    "WITH row AS (UPDATE allocations SET state = $4, owner = '', resendable = $5, error = $6,"
    " invite_id = CASE WHEN $4 = 'SUCCEEDED' THEN $7 ELSE invite_id END,"
    " invite_link = CASE WHEN $4 <> 'SUCCEEDED' THEN invite_link"
    " WHEN candidate_email = '' THEN '' ELSE $8 END,"
    " update_time = clock_timestamp()"
    " WHERE caller = $1 AND request_id = $2 AND attempt = $3"
    " AND (state = 'PENDING' OR (state = 'IN_DOUBT' AND $4 <> 'IN_DOUBT'))"
    " RETURNING " GW_LEDGER_ROW_COLUMNS
    "), event AS (INSERT INTO allocation_events (allocation, time, state, actor, note, attempt)"
    " SELECT seq, update_time, state, $9, $10, attempt FROM row)"
    " SELECT " GW_LEDGER_ROW_COLUMNS " FROM row";

// No window is longer than what is ever kept.
int64_t WindowMicros(absl::Duration window) {
  return absl::ToInt64Microseconds(std::min(window, absl::Hours(24 * 365 * 100)));
}

PostgresParams BeginParams(const Intent& intent) {
  return PostgresParams()
      .Text(intent.key.caller)
      .Text(intent.key.request_id)
      .Int(intent.examination_id)
      .Text(intent.candidate_email)
      .Text(intent.email_key)
      .Text(intent.owner)
      .Text(intent.actor)
      .Text(intent.note);
}

PostgresCall CallOf(const BeginWork& work, const observe::KeyedHash& hash) {
  PostgresParams params = BeginParams(work.intent);
  if (work.intent.kind == Intent::Kind::kGivenId) return {"begin_given", kBeginGiven, params};
  params.Text(ErasedEmailKey(work.intent.email_key, hash))
      .Int(WindowMicros(work.intent.dedupe_window));
  return {"begin_made", kBeginMade, params};
}

PostgresCall CallOf(const SettleWork& work) {
  using Verdict = Outcome::Verdict;
  const Verdict verdict = work.outcome.verdict;
  const State state = verdict == Verdict::kSucceeded ? State::kSucceeded
                      : verdict == Verdict::kInDoubt ? State::kInDoubt
                                                     : State::kFailed;
  return {"settle", kSettle,
          PostgresParams()
              .Text(work.key.caller)
              .Text(work.key.request_id)
              .Int(work.attempt)
              .Text(StateName(state))
              .Bool(verdict == Verdict::kNotExecuted)
              .Text(work.outcome.error)
              .Int(work.outcome.invite_id)
              .Text(work.outcome.invite_link)
              .Text(kGateway)
              .Text(work.note)};
}

void Take(const PostgresResult& result, BeginWork& work) {
  Row row = FirstRow(work.intent, result.Time(0, 1));
  row.seq = result.Int(0, 0);
  work.begun = {Begun::Kind::kStart, std::move(row)};
}

void Take(const PostgresResult& result, SettleWork& work) {
  work.settled = Settled::kDone;
  work.row = RowOf(result, 0);
}

bool IsFirst(const Work& work) {
  const auto* begin = std::get_if<BeginWork>(&work);
  if (begin == nullptr) return std::holds_alternative<SettleWork>(work);
  return begin->intent.kind != Intent::Kind::kResend && begin->intent.may_start &&
         begin->intent.awaited_attempt == 0;
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

void AddLocks(absl::Span<const Work> works, const std::vector<size_t>& chosen,
              std::vector<PostgresCall>& calls) {
  std::set<int64_t> locks;
  for (const size_t i : chosen) {
    const auto* begin = std::get_if<BeginWork>(&works[i]);
    if (begin == nullptr || begin->intent.kind != Intent::Kind::kMadeId) continue;
    locks.insert(LikenessLock(begin->intent.key.caller, begin->intent.examination_id,
                              begin->intent.email_key));
  }
  for (const int64_t lock : locks) {
    calls.push_back({"lock", kLockLikeness, PostgresParams().Int(lock)});
  }
}

}  // namespace

std::vector<size_t> ChooseFirsts(absl::Span<const Work> works, const std::vector<bool>& done) {
  std::vector<size_t> chosen = Choose(works, done, [&](size_t i) { return IsFirst(works[i]); });
  std::sort(chosen.begin(), chosen.end(),
            [&](size_t a, size_t b) { return *KeyOf(works[a]) < *KeyOf(works[b]); });
  return chosen;
}

std::vector<PostgresCall> CallsOfFirsts(absl::Span<const Work> works,
                                        const std::vector<size_t>& chosen,
                                        const observe::KeyedHash& hash) {
  std::vector<PostgresCall> calls;
  AddLocks(works, chosen, calls);
  for (const size_t i : chosen) {
    if (const auto* begin = std::get_if<BeginWork>(&works[i])) {
      calls.push_back(CallOf(*begin, hash));
    } else {
      calls.push_back(CallOf(std::get<SettleWork>(works[i])));
    }
  }
  return calls;
}

void TakeFirsts(absl::Span<const PostgresResult> results, const std::vector<size_t>& chosen,
                absl::Span<Work> works, std::vector<bool>& done) {
  const auto of_chosen = results.subspan(results.size() - chosen.size());
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (of_chosen[i].rows() == 0) continue;
    done[chosen[i]] = true;
    if (auto* begin = std::get_if<BeginWork>(&works[chosen[i]])) {
      Take(of_chosen[i], *begin);
    } else {
      Take(of_chosen[i], std::get<SettleWork>(works[chosen[i]]));
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
