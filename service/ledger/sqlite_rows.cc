#include "service/ledger/sqlite_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/ledger/email_key.h"

namespace gw::ledger {
namespace {

using Query = SqliteConnection::Query;

constexpr absl::string_view kSelect =
    "SELECT seq, caller, request_id, examination_id, candidate_email, email_key, state, attempt, "
    "resendable, invite_id, invite_link, create_time, update_time, owner, error FROM allocations ";

// As the partial indexes have them (sqlite_schema.cc): SQLite uses one only where its words stand.
constexpr absl::string_view kOpen = "state IN ('PENDING', 'IN_DOUBT')";
constexpr absl::string_view kDone = "state NOT IN ('PENDING', 'IN_DOUBT')";

// The condition that finds rows of a state, its parameter unbound. Most rows are SUCCEEDED: those
// are found faster on the way from the newest to the oldest.
std::string InState(State state) {
  if (state == State::kSucceeded) return "state = ?";
  const bool open = state == State::kPending || state == State::kInDoubt;
  return absl::StrCat(open ? kOpen : kDone, " AND state = ?");
}

Row RowOf(const Query& query) {
  Row row;
  int column = 0;
  row.seq = query.Number(column++);
  row.key.caller = query.Text(column++);
  row.key.request_id = query.Text(column++);
  row.examination_id = query.Number(column++);
  row.candidate_email = query.Text(column++);
  row.email_key = query.Text(column++);
  row.state = StateOf(query.Text(column++));
  row.attempt = static_cast<int>(query.Number(column++));
  row.resendable = query.Number(column++) != 0;
  row.invite_id = query.Number(column++);
  row.invite_link = query.Text(column++);
  row.create_time = absl::FromUnixMicros(query.Number(column++));
  row.update_time = absl::FromUnixMicros(query.Number(column++));
  row.owner = query.Text(column++);
  row.error = query.Text(column++);
  return row;
}

std::vector<Row> AllOf(Query& query) {
  std::vector<Row> rows;
  while (query.Next()) rows.push_back(RowOf(query));
  return rows;
}

std::optional<Row> OneOf(Query& query) {
  if (!query.Next()) return std::nullopt;
  return RowOf(query);
}

}  // namespace

absl::Time SqliteRows::Now() { return absl::FromUnixMicros(absl::ToUnixMicros(clock_.WallNow())); }

std::optional<Row> SqliteRows::Find(const Key& key) {
  static const std::string* const sql =
      new std::string(absl::StrCat(kSelect, "WHERE caller = ? AND request_id = ?"));
  Query query = db_.Ask(*sql);
  query.BindKept(key.caller).BindKept(key.request_id);
  return OneOf(query);
}

std::optional<Row> SqliteRows::FindLike(absl::string_view caller, int64_t examination_id,
                                        absl::string_view email_key, absl::Time since) {
  static const std::string* const sql = new std::string(
      absl::StrCat(kSelect,
                   "WHERE email_key IN (?, ?) AND examination_id = ? AND caller = ? AND "
                   "(state IN ('PENDING', 'IN_DOUBT') OR (state = 'SUCCEEDED' AND update_time > ?))"
                   " ORDER BY seq DESC LIMIT 1"));
  Query query = db_.Ask(*sql);
  query.Bind(email_key).Bind(ErasedEmailKey(email_key, hash_));
  query.Bind(examination_id).Bind(caller).Bind(absl::ToUnixMicros(since));
  return OneOf(query);
}

std::vector<Row> SqliteRows::FindByInvite(int64_t invite_id) {
  static const std::string* const sql =
      new std::string(absl::StrCat(kSelect, "WHERE invite_id = ? AND invite_id != 0"));
  Query query = db_.Ask(*sql);
  query.Bind(invite_id);
  return AllOf(query);
}

bool SqliteRows::Insert(Row& row) {
  Query query = db_.Ask(
      "INSERT INTO allocations (caller, request_id, examination_id, candidate_email, email_key, "
      "state, attempt, resendable, invite_id, invite_link, create_time, update_time, owner, error) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
  query.BindKept(row.key.caller).BindKept(row.key.request_id).Bind(row.examination_id);
  query.BindKept(row.candidate_email).BindKept(row.email_key).BindKept(StateName(row.state));
  query.Bind(int64_t{row.attempt}).Bind(int64_t{row.resendable}).Bind(row.invite_id);
  query.BindKept(row.invite_link).Bind(absl::ToUnixMicros(row.create_time));
  query.Bind(absl::ToUnixMicros(row.update_time)).BindKept(row.owner).BindKept(row.error);
  query.Next();
  if (db_.error() != SQLITE_OK || db_.changes() == 0) return false;
  row.seq = inserted_ = db_.last_seq();
  return true;
}

void SqliteRows::Update(const Row& row) {
  Query query = db_.Ask(
      "UPDATE allocations SET examination_id = ?, candidate_email = ?, email_key = ?, state = ?, "
      "attempt = ?, resendable = ?, invite_id = ?, invite_link = ?, update_time = ?, owner = ?, "
      "error = ? WHERE seq = ?");
  query.Bind(row.examination_id).BindKept(row.candidate_email).BindKept(row.email_key);
  query.BindKept(StateName(row.state)).Bind(int64_t{row.attempt}).Bind(int64_t{row.resendable});
  query.Bind(row.invite_id).BindKept(row.invite_link).Bind(absl::ToUnixMicros(row.update_time));
  query.BindKept(row.owner).BindKept(row.error).Bind(row.seq);
  query.Next();
}

void SqliteRows::UpdateState(const Row& row) {
  Query query = db_.Ask(
      "UPDATE allocations SET state = ?, attempt = ?, resendable = ?, invite_id = ?, "
      "invite_link = ?, update_time = ?, owner = ?, error = ? WHERE seq = ?");
  query.BindKept(StateName(row.state)).Bind(int64_t{row.attempt}).Bind(int64_t{row.resendable});
  query.Bind(row.invite_id).BindKept(row.invite_link).Bind(absl::ToUnixMicros(row.update_time));
  query.BindKept(row.owner).BindKept(row.error).Bind(row.seq);
  query.Next();
}

// Asked for by itself: within AddEvent's statement SQLite would make a table for it in between.
int64_t SqliteRows::LastNumber(int64_t seq) {
  Query last = db_.Ask("SELECT max(number) FROM allocation_events WHERE allocation = ?");
  return last.Bind(seq).Next() ? last.Number(0) : 0;
}

void SqliteRows::AddEvent(const Row& row, const Event& event) {
  const bool first = std::exchange(inserted_, 0) == row.seq;
  const int64_t number = first ? 1 : LastNumber(row.seq) + 1;
  Query query = db_.Ask(
      "INSERT INTO allocation_events (allocation, number, time, state, actor, note, attempt) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)");
  query.Bind(row.seq).Bind(number).Bind(absl::ToUnixMicros(event.time));
  query.BindKept(StateName(event.state)).BindKept(event.actor).BindKept(event.note);
  query.Bind(int64_t{event.attempt});
  query.Next();
}

std::vector<Event> SqliteRows::Events(int64_t seq) {
  Query query = db_.Ask(
      "SELECT time, state, actor, note, attempt FROM allocation_events WHERE allocation = ? "
      "ORDER BY number");
  query.Bind(seq);
  std::vector<Event> events;
  while (query.Next()) {
    events.push_back({absl::FromUnixMicros(query.Number(0)), StateOf(query.Text(1)), query.Text(2),
                      query.Text(3), static_cast<int>(query.Number(4))});
  }
  return events;
}

std::vector<Row> SqliteRows::List(const Filter& filter) {
  std::string sql = absl::StrCat(kSelect, "WHERE 1");
  if (!filter.caller.empty()) absl::StrAppend(&sql, " AND caller = ?");
  if (filter.state) absl::StrAppend(&sql, " AND ", InState(*filter.state));
  if (filter.examination_id != 0) absl::StrAppend(&sql, " AND examination_id = ?");
  if (!filter.email_key.empty()) absl::StrAppend(&sql, " AND email_key IN (?, ?)");
  if (filter.before_seq != 0) absl::StrAppend(&sql, " AND seq < ?");
  absl::StrAppend(&sql, " ORDER BY seq DESC LIMIT ?");
  Query query = db_.Ask(sql);
  if (!filter.caller.empty()) query.Bind(filter.caller);
  if (filter.state) query.Bind(StateName(*filter.state));
  if (filter.examination_id != 0) query.Bind(filter.examination_id);
  if (!filter.email_key.empty()) {
    query.Bind(filter.email_key).Bind(ErasedEmailKey(filter.email_key, hash_));
  }
  if (filter.before_seq != 0) query.Bind(filter.before_seq);
  query.Bind(int64_t{filter.limit});
  return AllOf(query);
}

std::vector<Row> SqliteRows::FindForErasure(absl::string_view email) {
  static const std::string* const sql = new std::string(
      absl::StrCat(kSelect, "WHERE candidate_email != '' AND lower(email_key) = lower(?)"));
  Query query = db_.Ask(*sql);
  query.Bind(email);
  erased_ = true;
  return AllOf(query);
}

std::vector<Row> SqliteRows::FindOrphans(int limit) {
  static const std::string* const sql = new std::string(
      absl::StrCat(kSelect, "WHERE ", kOpen, " AND state = 'PENDING' AND owner != ? LIMIT ?"));
  Query query = db_.Ask(*sql);
  query.Bind(owner_).Bind(int64_t{limit});
  return AllOf(query);
}

int SqliteRows::Prune(absl::Time before, int limit) {
  static const std::string* const chosen = new std::string(
      absl::StrCat("(SELECT seq FROM allocations WHERE ", kDone,
                   " AND state = ? AND update_time < ? ORDER BY update_time, seq LIMIT ?)"));
  static const std::string* const sqls[] = {
      new std::string(absl::StrCat("DELETE FROM allocation_events WHERE allocation IN ", *chosen)),
      new std::string(absl::StrCat("DELETE FROM allocations WHERE seq IN ", *chosen))};
  int pruned = 0;
  for (const State state :
       {State::kSucceeded, State::kFailed, State::kCancelled, State::kAbandoned}) {
    for (const std::string* const sql : sqls) {
      Query query = db_.Ask(*sql);
      query.Bind(StateName(state)).Bind(absl::ToUnixMicros(before)).Bind(int64_t{limit - pruned});
      query.Next();
    }
    if (db_.error() == SQLITE_OK) pruned += db_.changes();
  }
  return pruned;
}

std::map<State, int64_t> SqliteRows::Count() {
  std::map<State, int64_t> counts;
  for (const State state : AllStates()) counts[state] = 0;
  for (const absl::string_view those : {kOpen, kDone}) {
    Query query = db_.Ask(
        absl::StrCat("SELECT state, count(*) FROM allocations WHERE ", those, " GROUP BY state"));
    while (query.Next()) counts[StateOf(query.Text(0))] += query.Number(1);
  }
  return counts;
}

void SqliteRows::Touch() {
  Query query = db_.Ask("INSERT OR REPLACE INTO meta (key, value) VALUES ('touched', ?)");
  query.BindBlob(absl::StrCat(absl::ToUnixMicros(Now())));
  query.Next();
}

std::optional<SavedList> SqliteRows::LoadList(absl::string_view base_url) {
  Query query = db_.Ask("SELECT fetch_time, list FROM examination_lists WHERE base_url = ?");
  query.Bind(base_url);
  if (!query.Next()) return std::nullopt;
  return SavedList{absl::FromUnixMicros(query.Number(0)), query.Text(1)};
}

void SqliteRows::SaveList(absl::string_view base_url, const SavedList& list) {
  Query query = db_.Ask(
      "INSERT INTO examination_lists (base_url, fetch_time, list) VALUES (?, ?, ?) ON CONFLICT "
      "(base_url) DO UPDATE SET fetch_time = excluded.fetch_time, list = excluded.list "
      "WHERE examination_lists.fetch_time < excluded.fetch_time OR examination_lists.fetch_time > "
      "?");
  query.Bind(base_url).Bind(absl::ToUnixMicros(list.fetch_time)).BindBlob(list.bytes);
  query.Bind(absl::ToUnixMicros(Now()));
  query.Next();
}

}  // namespace gw::ledger
