#include "service/ledger/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace gw::ledger {
namespace {

using Info = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Info Parse(const Secret& url) {
  char* message = nullptr;  // quotes the URL
  Info info(PQconninfoParse(std::string(url.Reveal()).c_str(), &message), &PQconninfoFree);
  PQfreemem(message);
  return info;
}

int HostsIn(const Secret& url) {
  const Info info = Parse(url);
  int most = 1;
  for (const PQconninfoOption* option = info.get(); option && option->keyword; ++option) {
    const absl::string_view keyword = option->keyword;
    if ((keyword != "host" && keyword != "hostaddr") || option->val == nullptr) continue;
    const absl::string_view hosts = option->val;
    most = std::max<int>(most, 1 + std::count(hosts.begin(), hosts.end(), ','));
  }
  return most;
}

absl::string_view Field(const pg_result* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? absl::string_view() : text;
}

// The server, or this connection, is at its end.
bool IsLast(const pg_result* result) {
  const absl::string_view severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity == "FATAL" || severity == "PANIC";
}

}  // namespace

bool PostgresError::LostARace() const {
  return sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03";
}

bool PostgresError::RefusesValues() const {
  for (const char* of_values : {"21", "22", "23", "44", "54"}) {
    if (absl::StartsWith(sqlstate, of_values)) return true;
  }
  return false;
}

absl::Status PostgresConnection::CheckUrl(const Secret& url) {
  const Info info = Parse(url);
  bool well = info != nullptr;
  for (const PQconninfoOption* option = info.get(); well && option->keyword; ++option) {
    const absl::string_view keyword = option->keyword;
    const absl::string_view value = option->val == nullptr ? "" : option->val;
    if (keyword == "port") well = value.find_first_not_of("0123456789,") == value.npos;
    if (keyword == "host" || keyword == "dbname") well = !absl::StrContains(value, '@');
  }
  if (well) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "is no connection URL of PostgreSQL's (in a password, write @ : / as %40 %3A %2F)");
}

void PostgresConnection::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }

PostgresConnection::PostgresConnection(const Options& options, Clock& clock)
    : patience_(options.patience), interrupt_fd_(options.interrupt_fd), clock_(clock) {}
PostgresConnection::~PostgresConnection() = default;

std::optional<PostgresError> PostgresConnection::Connect(
    const Options& options, Clock& clock, std::unique_ptr<PostgresConnection>& connection) {
  std::unique_ptr<PostgresConnection> made(new PostgresConnection(options, clock));
  if (auto error = made->Open(options.url)) return error;
  if (auto error = made->SetUp()) return error;
  connection = std::move(made);
  return std::nullopt;
}

std::optional<PostgresError> PostgresConnection::Open(const Secret& url) {
  const std::string revealed(url.Reveal());
  const std::string user_timeout = absl::StrCat(absl::ToInt64Milliseconds(patience_));
  // What stands before the URL is only for what it leaves open.
  const std::pair<const char*, const char*> parameters[] = {
      {"application_name", "concero-gateway"},
      {"target_session_attrs", "read-write"},
      {"keepalives_idle", "15"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", user_timeout.c_str()},
      {"dbname", revealed.c_str()},
      {"client_encoding", "UTF8"},
  };
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : parameters) {
    keys.push_back(key);
    values.push_back(value);
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(keys.data(), values.data(), /*expand_dbname=*/1));
  if (!connection_) return PostgresError{"PostgreSQL: no memory for a connection"};
  PQsetNoticeReceiver(connection_.get(), OnNotice, this);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) return PostgresError{Message()};

  const Instant end = clock_.Now() + patience_ * HostsIn(url);
  short events = POLLOUT;
  while (true) {
    const Wait wait = WaitFor(events, end);
    if (wait == Wait::kTimeOut) {
      return PostgresError{
          absl::StrCat("PostgreSQL: no connection within ", absl::FormatDuration(patience_))};
    }
    if (wait == Wait::kInterrupted) return PostgresError{"PostgreSQL: connecting was given up"};
    const PostgresPollingStatusType status = PQconnectPoll(connection_.get());
    if (status == PGRES_POLLING_OK) break;
    if (status == PGRES_POLLING_FAILED) return PostgresError{Message()};
    events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
  }
  PQsetErrorContextVisibility(connection_.get(), PQSHOW_CONTEXT_NEVER);
  // Nothing blocks in libpq, so that neither side waits for the other to read; and every statement
  // is part of a pipeline, be it of one.
  if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1) {
    return PostgresError{Message()};
  }
  return std::nullopt;
}

std::optional<PostgresError> PostgresConnection::SetUp() {
  // The server gives up before we do, so that its reason is known.
  const int64_t patience = std::max<int64_t>(absl::ToInt64Milliseconds(patience_), 10);
  const auto set = [](const char* name, const std::string& value) {
    return PostgresCall{"", "SELECT set_config($1, $2, false)",
                        PostgresParams().Text(name).Text(value)};
  };
  const std::vector<PostgresCall> calls = {
      set("synchronous_commit", "on"),
      set("standard_conforming_strings", "on"),
      set("default_transaction_isolation", "read committed"),
      // There is an index for whatever is asked for often. A plan made, and kept, while a table was
      // small must not read all of it once it is large.
      set("enable_seqscan", "off"),
      set("enable_hashjoin", "off"),
      set("enable_mergejoin", "off"),
      set("jit", "off"),
      set("lock_timeout", absl::StrCat(patience * 7 / 10)),
      set("statement_timeout", absl::StrCat(patience * 8 / 10)),
      set("idle_in_transaction_session_timeout", absl::StrCat(patience * 2)),
      {"", "SELECT pg_is_in_recovery()", {}},
      {"", "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()", {}},
  };
  const PostgresAnswer answer = Run(calls);
  if (answer.error) return answer.error;
  if (answer.results[calls.size() - 2].Bool(0, 0)) {
    return PostgresError{"PostgreSQL: the server is a standby, which cannot be written to"};
  }
  const PostgresResult& self = answer.results.back();
  if (self.rows() == 1) {
    backend_pid_ = static_cast<int>(self.Int(0, 0));
    backend_start_ = self.Time(0, 1);
  }
  return std::nullopt;
}

PostgresAnswer PostgresConnection::Run(absl::Span<const PostgresCall> calls) {
  PostgresAnswer answer;
  if (lost_) {
    answer.error = PostgresError{"PostgreSQL: the connection is lost"};
    return answer;
  }
  std::vector<const char*> sent;  // for each: the name that is made known, or null for a call
  for (const PostgresCall& call : calls) {
    if (Send(call, sent)) continue;
    lost_ = true;
    answer.error = PostgresError{Message()};
    return answer;
  }
  // From here on the server may have all it needs to commit.
  if (PQpipelineSync(connection_.get()) != 1) {
    lost_ = true;
    answer.error = PostgresError{Message(), "", /*perhaps_done=*/true};
    return answer;
  }
  answer.results.reserve(calls.size());
  Collect(sent, answer);
  if (answer.error) answer.results.clear();
  return answer;
}

bool PostgresConnection::Send(const PostgresCall& call, std::vector<const char*>& sent) {
  const std::vector<std::string>& values = call.params.values();
  const int count = static_cast<int>(values.size());
  const bool named = *call.name != '\0';
  const bool is_new = named && prepared_.count(call.name) == 0 &&
                      std::find_if(sent.begin(), sent.end(), [&](const char* name) {
                        return name != nullptr && absl::string_view(name) == call.name;
                      }) == sent.end();
  if (is_new) {
    if (PQsendPrepare(connection_.get(), call.name, call.sql, count, call.params.types().data()) !=
        1) {
      return false;
    }
    sent.push_back(call.name);
  }
  std::vector<const char*> pointers;
  std::vector<int> lengths;
  for (const std::string& value : values) {
    pointers.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> formats(values.size(), 1);
  const int ok =
      named ? PQsendQueryPrepared(connection_.get(), call.name, count, pointers.data(),
                                  lengths.data(), formats.data(), 1)
            : PQsendQueryParams(connection_.get(), call.sql, count, call.params.types().data(),
                                pointers.data(), lengths.data(), formats.data(), 1);
  sent.push_back(nullptr);
  return ok == 1;
}

void PostgresConnection::Collect(const std::vector<const char*>& sent, PostgresAnswer& answer) {
  size_t next = 0;
  int nulls = 0;  // one after each statement
  while (true) {
    pg_result* result = nullptr;
    std::string why;
    bool there = Next(result, why);
    if (there && result == nullptr && ++nulls < 2) continue;
    if (!there || result == nullptr) {
      lost_ = true;
      if (!answer.error) {
        if (why.empty()) why = Message();
        answer.error = PostgresError{std::move(why), "", /*perhaps_done=*/true};
      }
      return;
    }
    nulls = 0;
    PostgresResult owned(result);
    switch (PQresultStatus(result)) {
      case PGRES_PIPELINE_SYNC:
        return;
      case PGRES_PIPELINE_ABORTED:
        ++next;
        break;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
        if (next < sent.size() && sent[next] != nullptr) {
          prepared_.insert(sent[next]);
        } else {
          answer.results.push_back(std::move(owned));
        }
        ++next;
        break;
      default:
        if (!answer.error) answer.error = ErrorOf(result);
        ++next;
        if (lost_) return;
    }
  }
}

bool PostgresConnection::Next(pg_result*& result, std::string& why) {
  Instant end = clock_.Now() + patience_;
  while (true) {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0 || PQisBusy(connection_.get()) == 0) break;
    switch (WaitFor(static_cast<short>(POLLIN | (unsent > 0 ? POLLOUT : 0)), end)) {
      case Wait::kReady:
        break;
      case Wait::kTimeOut:
        why = absl::StrCat("PostgreSQL: no answer within ", absl::FormatDuration(patience_));
        return false;
      case Wait::kInterrupted:
        why = "PostgreSQL: waiting for the answer was given up";
        return false;
    }
    if (unsent > 0) end = clock_.Now() + patience_;
    // At the end of the connection, too, what was said before it is still to be had.
    if (PQconsumeInput(connection_.get()) != 1) break;
  }
  // Does not block: there is a result, or the connection is broken.
  result = PQgetResult(connection_.get());
  return true;
}

PostgresConnection::Wait PostgresConnection::WaitFor(short events, Instant end) {
  while (true) {
    pollfd fds[] = {{PQsocket(connection_.get()), events, 0}, {interrupt_fd_, POLLIN, 0}};
    const absl::Duration left = end - clock_.Now();
    if (left < absl::ZeroDuration()) return Wait::kTimeOut;
    const int64_t millis = absl::ToInt64Milliseconds(std::min(left, absl::Hours(1))) + 1;
    poll(fds, 2, static_cast<int>(millis));
    if (fds[1].revents != 0) return Wait::kInterrupted;
    if (fds[0].revents != 0) return Wait::kReady;
  }
}

bool PostgresConnection::StillThere() {
  if (lost_) return false;
  pollfd fd = {PQsocket(connection_.get()), POLLIN, 0};
  if (poll(&fd, 1, 0) > 0) {
    const bool well = PQconsumeInput(connection_.get()) == 1;
    PQisBusy(connection_.get());  // reads what has arrived: OnNotice
    if (!well || PQstatus(connection_.get()) != CONNECTION_OK) lost_ = true;
  }
  return !lost_;
}

// What the server says unasked. Before it ends a connection it says so.
void PostgresConnection::OnNotice(void* connection, const pg_result* notice) {
  if (IsLast(notice)) static_cast<PostgresConnection*>(connection)->lost_ = true;
}

std::vector<PostgresConnection::Notification> PostgresConnection::AwaitNotifications(Instant end) {
  std::vector<Notification> found;
  while (!lost_) {
    while (PGnotify* notify = PQnotifies(connection_.get())) {
      found.push_back({notify->extra, notify->be_pid});
      PQfreemem(notify);
    }
    if (!found.empty() || WaitFor(POLLIN, end) != Wait::kReady) break;
    StillThere();
  }
  return found;
}

PostgresError PostgresConnection::ErrorOf(const pg_result* result) {
  PostgresError error;
  error.sqlstate = std::string(Field(result, PG_DIAG_SQLSTATE));
  if (error.sqlstate.empty()) {
    lost_ = true;
    error.what = Message();
    error.perhaps_done = true;
    return error;
  }
  // After FATAL the server is gone, and it may have committed before.
  lost_ = IsLast(result);
  error.perhaps_done = lost_;
  // Messages about values quote them.
  const absl::string_view message = error.RefusesValues() && !absl::StartsWith(error.sqlstate, "23")
                                        ? "a value was refused"
                                        : Field(result, PG_DIAG_MESSAGE_PRIMARY);
  error.what = absl::StrCat("PostgreSQL: ", error.sqlstate, " ", message);
  return error;
}

std::string PostgresConnection::Message() {
  std::string message = PQerrorMessage(connection_.get());
  const char* password = PQpass(connection_.get());
  if (password != nullptr && *password != '\0') {
    message = absl::StrReplaceAll(message, {{password, "[secret]"}});
  }
  while (!message.empty() && message.back() == '\n') message.pop_back();
  return absl::StrCat("PostgreSQL: ", absl::StrReplaceAll(message, {{"\n", " "}, {"\t", ""}}));
}

}  // namespace gw::ledger
