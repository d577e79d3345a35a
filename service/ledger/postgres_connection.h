// One connection to PostgreSQL: statements in pipelines, and no wait without an end.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/base/clock.h"
#include "service/base/secret.h"
#include "service/ledger/postgres_values.h"

struct pg_conn;
struct pg_result;

namespace gw::ledger {

/// Why something was not done.
struct PostgresError {
  /// For the operator's log: SQLSTATE and the first line of the message, or why there is no
  /// connection. Neither a row's content nor the password is in it.
  std::string what;
  /// Five characters; empty where the server said nothing.
  std::string sqlstate = "";
  /// It was sent, and nothing says that it was not done.
  bool perhaps_done = false;

  /// Others were in the way (a deadlock, a lock for too long): may be done when tried again.
  bool LostARace() const;
  /// It is the values that were refused, not by a server in trouble.
  bool RefusesValues() const;
};

/// One statement. It is parsed once for each connection when it has a name.
struct PostgresCall {
  const char* name;  ///< Of one `sql` only; empty: none. Both outlive the run.
  const char* sql;
  PostgresParams params;
};

/// What became of several.
struct PostgresAnswer {
  /// One for each call, in their order, when there is no error.
  std::vector<PostgresResult> results;
  std::optional<PostgresError> error;
};

/// Thread safety: none.
class PostgresConnection {
 public:
  struct Options {
    /// As libpq has it: a URL, or `key=value` pairs.
    Secret url;
    /// How long the server may take for each sign of life.
    absl::Duration patience;
    /// Every wait ends as soon as this can be read; -1: none.
    int interrupt_fd = -1;
  };

  /// INVALID_ARGUMENT for what libpq cannot read, and for what it would read as a host, a port or a
  /// database, and name in messages, though it looks like a part of a password that should have
  /// been written with %-escapes. Nothing of the URL is in the message.
  static absl::Status CheckUrl(const Secret& url);

  /// Connects, and sets the session up: what is committed is durable, and no statement takes longer
  /// than `patience`. A server that cannot be written to is refused. Blocks for `patience` for each
  /// host of the URL, and for as long as looking up their names takes.
  static std::optional<PostgresError> Connect(const Options& options, Clock& clock,
                                              std::unique_ptr<PostgresConnection>& connection);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  /// Does the calls in one go. Outside of BEGIN and COMMIT all of them are one transaction, durable
  /// when there is no error and else not done, unless `perhaps_done`.
  PostgresAnswer Run(absl::Span<const PostgresCall> calls);

  /// It is of no use any more. Does not ask the server.
  bool lost() const { return lost_; }
  /// What has arrived meanwhile is looked at: false when it was the end.
  bool StillThere();

  /// By which the server knows this connection: its process, and when that began.
  int backend_pid() const { return backend_pid_; }
  absl::Time backend_start() const { return backend_start_; }

  /// From NOTIFY on a channel that is listened to.
  struct Notification {
    std::string payload;
    int sender_pid = 0;
  };
  /// Waits for some, until `end` at the latest, or an interruption. None when the connection is
  /// lost, too.
  std::vector<Notification> AwaitNotifications(Instant end);

 private:
  enum class Wait { kReady, kTimeOut, kInterrupted };
  struct Finish {
    void operator()(pg_conn* connection) const;
  };

  PostgresConnection(const Options& options, Clock& clock);
  std::optional<PostgresError> Open(const Secret& url);
  std::optional<PostgresError> SetUp();
  bool Send(const PostgresCall& call, std::vector<const char*>& sent);
  void Collect(const std::vector<const char*>& sent, PostgresAnswer& answer);
  /// The next result, perhaps null. False: there is none to come, and the connection is lost.
  bool Next(pg_result*& result, std::string& why);
  Wait WaitFor(short events, Instant end);
  PostgresError ErrorOf(const pg_result* result);
  static void OnNotice(void* connection, const pg_result* notice);
  /// libpq's last message about the connection.
  std::string Message();

  const absl::Duration patience_;
  const int interrupt_fd_;
  Clock& clock_;
  std::unique_ptr<pg_conn, Finish> connection_;
  std::set<std::string> prepared_;
  bool lost_ = false;
  int backend_pid_ = 0;
  absl::Time backend_start_;
};

}  // namespace gw::ledger
