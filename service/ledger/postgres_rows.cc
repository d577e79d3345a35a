#include "service/ledger/postgres_rows.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/ledger/email_key.h"
#include "service/ledger/postgres_schema.h"

namespace gw::ledger {
namespace {

constexpr char kRowsWhere[] = "SELECT " GW_LEDGER_ROW_COLUMNS " FROM allocations WHERE ";

#define FIND_LIKE                                                    \
  "SELECT " GW_LEDGER_ROW_COLUMNS                                    \
  " FROM allocations WHERE caller = $1 AND examination_id = $2"      \
  " AND email_key IN ($3, $4) AND (state IN ('PENDING', 'IN_DOUBT')" \
  " OR (state = 'SUCCEEDED' AND update_time > $5)) ORDER BY seq DESC LIMIT 1"

PostgresCall EventsCall(int64_t seq) {
  return {"events",
          "SELECT time, state, actor, note, attempt FROM allocation_events"
          " WHERE allocation = $1 ORDER BY id",
          PostgresParams().Int(seq)};
}

std::vector<Event> EventsIn(const PostgresResult& result) {
  std::vector<Event> events;
  for (int i = 0; i < result.rows(); ++i) {
    events.push_back({result.Time(i, 0), StateOf(result.Text(i, 1)), std::string(result.Text(i, 2)),
                      std::string(result.Text(i, 3)), static_cast<int>(result.Int(i, 4))});
  }
  return events;
}

}  // namespace

Row RowOf(const PostgresResult& result, int row) {
  Row made;
  made.seq = result.Int(row, 0);
  made.key.caller = std::string(result.Text(row, 1));
  made.key.request_id = std::string(result.Text(row, 2));
  made.examination_id = result.Int(row, 3);
  made.candidate_email = std::string(result.Text(row, 4));
  made.email_key = std::string(result.Text(row, 5));
  made.state = StateOf(result.Text(row, 6));
  made.attempt = static_cast<int>(result.Int(row, 7));
  made.resendable = result.Bool(row, 8);
  made.invite_id = result.Int(row, 9);
  made.invite_link = std::string(result.Text(row, 10));
  made.create_time = result.Time(row, 11);
  made.update_time = result.Time(row, 12);
  made.owner = std::string(result.Text(row, 13));
  made.error = std::string(result.Text(row, 14));
  return made;
}

int64_t LikenessLock(absl::string_view caller, int64_t examination_id,
                     absl::string_view email_key) {
  // FNV-1a. Two that share a number by chance wait for each other, no more.
  uint64_t hash = 14695981039346656037u;
  for (const unsigned char byte :
       absl::StrCat(caller.size(), ":", caller, examination_id, ":", email_key)) {
    hash = (hash ^ byte) * 1099511628211u;
  }
  return static_cast<int64_t>(hash);
}

PostgresRows::PostgresRows(PostgresConnection& connection, const observe::KeyedHash& hash,
                           bool looks_only)
    : connection_(connection), hash_(hash), looks_only_(looks_only) {}

std::optional<PostgresError> PostgresRows::Commit() {
  if (!begun_ && waiting_.empty()) return std::nullopt;
  if (!answer_.error) {
    Tell({"commit", "COMMIT", {}});
    // A transaction that failed says ROLLBACK to that, and no error.
    if (Send() && answer_.results.back().command() != "COMMIT") {
      answer_.error = PostgresError{"PostgreSQL: the transaction was not committed"};
    }
  } else {
    // Nothing was committed by what failed before.
    answer_.error->perhaps_done = false;
  }
  if (answer_.error && !connection_.lost()) connection_.Run({{"rollback", "ROLLBACK", {}}});
  return answer_.error;
}

bool PostgresRows::Send() {
  if (answer_.error) return false;
  if (!begun_) {
    waiting_.insert(waiting_.begin(), {"begin", "BEGIN ISOLATION LEVEL READ COMMITTED", {}});
    begun_ = true;
  }
  answer_ = connection_.Run(waiting_);
  waiting_.clear();
  return !answer_.error;
}

const PostgresAnswer& PostgresRows::Run(std::vector<PostgresCall> calls) {
  for (PostgresCall& call : calls) Tell(std::move(call));
  Send();
  return answer_;
}

const PostgresResult* PostgresRows::Ask(PostgresCall call) {
  Tell(std::move(call));
  return Send() ? &answer_.results.back() : nullptr;
}

void PostgresRows::Tell(PostgresCall call) { waiting_.push_back(std::move(call)); }

std::vector<Row> PostgresRows::AskForRows(PostgresCall call) {
  std::vector<Row> found;
  const PostgresResult* result = Ask(std::move(call));
  for (int i = 0; result != nullptr && i < result->rows(); ++i) found.push_back(RowOf(*result, i));
  return found;
}

absl::Time PostgresRows::Now() {
  if (!now_) {
    const PostgresResult* result = Ask({"now", "SELECT clock_timestamp()", {}});
    now_ = result == nullptr ? absl::UnixEpoch() : result->Time(0, 0);
  }
  return *now_;
}

std::optional<Row> PostgresRows::Find(const Key& key) {
#define FIND \
  "SELECT " GW_LEDGER_ROW_COLUMNS " FROM allocations WHERE caller = $1 AND request_id = $2"
  const PostgresParams params = PostgresParams().Text(key.caller).Text(key.request_id);
  std::vector<Row> found = looks_only_ ? AskForRows({"look", FIND, params})
                                       : AskForRows({"find", FIND " FOR UPDATE", params});
#undef FIND
  if (found.empty()) return std::nullopt;
  return std::move(found[0]);
}

std::optional<Row> PostgresRows::FindLike(absl::string_view caller, int64_t examination_id,
                                          absl::string_view email_key, absl::Time since) {
  Tell({"lock", kLockLikeness,
        PostgresParams().Int(LikenessLock(caller, examination_id, email_key))});
  const auto params = [&] {
    return PostgresParams()
        .Text(caller)
        .Int(examination_id)
        .Text(email_key)
        .Text(ErasedEmailKey(email_key, hash_))
        .Time(since);
  };
  while (true) {
    std::vector<Row> found = AskForRows({"find_like", FIND_LIKE " FOR UPDATE", params()});
    if (!found.empty()) return std::move(found[0]);
    // What was waited for may be another state by now, and then nothing is returned, though an
    // older row may count.
    if (AskForRows({"see_like", FIND_LIKE, params()}).empty()) return std::nullopt;
  }
}

std::vector<Row> PostgresRows::FindByInvite(int64_t invite_id) {
#define FIND_BY_INVITE            \
  "SELECT " GW_LEDGER_ROW_COLUMNS \
  " FROM allocations WHERE invite_id = $1 AND invite_id <> 0 ORDER BY seq"
  const PostgresParams params = PostgresParams().Int(invite_id);
  if (looks_only_) return AskForRows({"look_by_invite", FIND_BY_INVITE, params});
  return AskForRows({"find_by_invite", FIND_BY_INVITE " FOR UPDATE", params});
#undef FIND_BY_INVITE
}

bool PostgresRows::Insert(Row& row) {
  const PostgresResult* result = Ask(
      {"insert",
       "INSERT INTO allocations (caller, request_id, examination_id, candidate_email, email_key,"
       " state, attempt, resendable, invite_id, invite_link, create_time, update_time, owner,"
       " error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
       " ON CONFLICT (caller, request_id) DO NOTHING RETURNING seq",
       PostgresParams()
           .Text(row.key.caller)
           .Text(row.key.request_id)
           .Int(row.examination_id)
           .Text(row.candidate_email)
           .Text(row.email_key)
           .Text(StateName(row.state))
           .Int(row.attempt)
           .Bool(row.resendable)
           .Int(row.invite_id)
           .Text(row.invite_link)
           .Time(row.create_time)
           .Time(row.update_time)
           .Text(row.owner)
           .Text(row.error)});
  if (result == nullptr || result->rows() == 0) return false;
  row.seq = result->Int(0, 0);
  return true;
}

void PostgresRows::Update(const Row& row) {
  Tell({"update",
        "UPDATE allocations SET examination_id = $2, candidate_email = $3, email_key = $4,"
        " state = $5, attempt = $6, resendable = $7, invite_id = $8, invite_link = $9,"
        " update_time = $10, owner = $11, error = $12 WHERE seq = $1",
        PostgresParams()
            .Int(row.seq)
            .Int(row.examination_id)
            .Text(row.candidate_email)
            .Text(row.email_key)
            .Text(StateName(row.state))
            .Int(row.attempt)
            .Bool(row.resendable)
            .Int(row.invite_id)
            .Text(row.invite_link)
            .Time(row.update_time)
            .Text(row.owner)
            .Text(row.error)});
}

void PostgresRows::AddEvent(const Row& row, const Event& event) {
  Tell({"add_event",
        "INSERT INTO allocation_events (allocation, time, state, actor, note, attempt)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        PostgresParams()
            .Int(row.seq)
            .Time(event.time)
            .Text(StateName(event.state))
            .Text(event.actor)
            .Text(event.note)
            .Int(event.attempt)});
}

bool PostgresRows::OwnerLives(absl::string_view owner) {
  // Who is just being renewed is skipped: that one lives.
  Tell({"end_lease",
        "DELETE FROM owners WHERE id IN (SELECT id FROM owners"
        " WHERE id = $1 AND lease_until <= clock_timestamp() FOR UPDATE SKIP LOCKED)",
        PostgresParams().Text(owner)});
  const PostgresResult* result =
      Ask({"owner_lives", "SELECT EXISTS (SELECT FROM owners WHERE id = $1)",
           PostgresParams().Text(owner)});
  return result != nullptr && result->Bool(0, 0);
}

std::vector<Event> PostgresRows::Events(int64_t seq) {
  const PostgresResult* result = Ask(EventsCall(seq));
  return result == nullptr ? std::vector<Event>() : EventsIn(*result);
}

std::vector<std::vector<Event>> PostgresRows::EventsOf(const std::vector<Row>& rows) {
  std::vector<std::vector<Event>> all(rows.size());
  if (rows.empty()) return all;
  std::vector<PostgresCall> calls;
  for (const Row& row : rows) calls.push_back(EventsCall(row.seq));
  const PostgresAnswer& answer = Run(std::move(calls));
  if (answer.error) return all;
  // What was put off before comes first.
  const size_t before = answer.results.size() - rows.size();
  for (size_t i = 0; i < rows.size(); ++i) all[i] = EventsIn(answer.results[before + i]);
  return all;
}

std::vector<Row> PostgresRows::List(const Filter& filter) {
  std::string sql = absl::StrCat(kRowsWhere, "true");
  PostgresParams params;
  const auto also = [&](absl::string_view condition) {
    absl::StrAppend(&sql, " AND ", condition, "$", params.types().size());
  };
  if (!filter.caller.empty()) {
    params.Text(filter.caller);
    also("caller = ");
  }
  if (filter.state) {
    params.Text(StateName(*filter.state));
    also("state = ");
  }
  if (filter.examination_id != 0) {
    params.Int(filter.examination_id);
    also("examination_id = ");
  }
  if (!filter.email_key.empty()) {
    params.Text(filter.email_key).Text(ErasedEmailKey(filter.email_key, hash_));
    absl::StrAppend(&sql, " AND email_key IN ($", params.types().size() - 1, ", $",
                    params.types().size(), ")");
  }
  if (filter.before_seq > 0) {
    params.Int(filter.before_seq);
    also("seq < ");
  }
  params.Int(filter.limit);
  absl::StrAppend(&sql, " ORDER BY seq DESC LIMIT $", params.types().size());
  return AskForRows({"", sql.c_str(), std::move(params)});
}

std::vector<Row> PostgresRows::FindForErasure(absl::string_view email) {
  return AskForRows({"find_for_erasure",
                     "SELECT " GW_LEDGER_ROW_COLUMNS " FROM allocations WHERE candidate_email <> ''"
                     " AND lower(candidate_email COLLATE \"C\") = $1 ORDER BY seq FOR UPDATE",
                     PostgresParams().Text(absl::AsciiStrToLower(email))});
}

std::vector<Row> PostgresRows::FindOrphans(int limit) {
  Tell({"end_leases",
        "DELETE FROM owners WHERE id IN (SELECT id FROM owners"
        " WHERE lease_until <= clock_timestamp() FOR UPDATE SKIP LOCKED)",
        {}});
  return AskForRows({"find_orphans",
                     "SELECT " GW_LEDGER_ROW_COLUMNS " FROM allocations WHERE state = 'PENDING'"
                     " AND NOT EXISTS (SELECT FROM owners WHERE id = allocations.owner)"
                     " ORDER BY seq LIMIT $1 FOR UPDATE OF allocations SKIP LOCKED",
                     PostgresParams().Int(limit)});
}

int PostgresRows::Prune(absl::Time before, int limit) {
  const PostgresResult* pruned =
      Ask({"prune",
           "DELETE FROM allocations WHERE seq IN ("
           " SELECT seq FROM allocations"
           " WHERE update_time < $1 AND state NOT IN ('PENDING', 'IN_DOUBT')"
           " ORDER BY update_time LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING seq",
           PostgresParams().Time(before).Int(limit)});
  if (pruned == nullptr || pruned->rows() == 0) return 0;
  std::vector<int64_t> seqs;
  for (int i = 0; i < pruned->rows(); ++i) seqs.push_back(pruned->Int(i, 0));
  // A statement of its own, which sees what others wrote before the rows were ours to delete.
  Tell({"prune_events", "DELETE FROM allocation_events WHERE allocation = ANY ($1)",
        PostgresParams().Ints(seqs)});
  return static_cast<int>(seqs.size());
}

std::map<State, int64_t> PostgresRows::Count() {
  std::map<State, int64_t> counts;
  const PostgresResult* result =
      Ask({"count", "SELECT state, count(*) FROM allocations GROUP BY state", {}});
  for (int i = 0; result != nullptr && i < result->rows(); ++i) {
    counts[StateOf(result->Text(i, 0))] += result->Int(i, 1);
  }
  return counts;
}

void PostgresRows::Touch() {
  Tell({"touch", "UPDATE meta SET value = value WHERE key = 'schema_version'", {}});
}

std::optional<SavedList> PostgresRows::LoadList(absl::string_view base_url) {
  const PostgresResult* result =
      Ask({"load_list", "SELECT fetch_time, list FROM examination_lists WHERE base_url = $1",
           PostgresParams().Text(base_url)});
  if (result == nullptr || result->rows() == 0) return std::nullopt;
  return SavedList{result->Time(0, 0), std::string(result->Text(0, 1))};
}

void PostgresRows::SaveList(absl::string_view base_url, const SavedList& list) {
  Tell({"save_list",
        "INSERT INTO examination_lists (base_url, fetch_time, list) VALUES ($1, $2, $3)"
        " ON CONFLICT (base_url) DO UPDATE SET fetch_time = excluded.fetch_time,"
        " list = excluded.list WHERE examination_lists.fetch_time < excluded.fetch_time"
        " OR examination_lists.fetch_time > clock_timestamp()",
        PostgresParams().Text(base_url).Time(list.fetch_time).Bytes(list.bytes)});
  Tell({"tell_of_list", "SELECT pg_notify($1, $2)",
        PostgresParams().Text(kListsChannel).Text(base_url)});
}

}  // namespace gw::ledger
