#include "service/ledger/postgres_session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/ledger/postgres_schema.h"

namespace gw::ledger {

PostgresSession::PostgresSession(Options options, Clock& clock, Random& random)
    : options_(std::move(options)), clock_(clock), random_(random), next_try_(clock.Now()) {}

PostgresConnection* PostgresSession::Connection() {
  if (connection_ && !connection_->StillThere()) Drop();
  if (connection_) return connection_.get();
  if (clock_.Now() < next_try_) return nullptr;
  if (auto error = Make()) {
    error_ = *std::move(error);
    next_try_ = clock_.Now() + options_.pause;
    return nullptr;
  }
  return connection_.get();
}

void PostgresSession::Drop() {
  if (!connection_) return;
  predecessor_pid_ = connection_->backend_pid();
  predecessor_start_ = connection_->backend_start();
  connection_.reset();
}

std::optional<PostgresError> PostgresSession::Make() {
  std::unique_ptr<PostgresConnection> made;
  if (auto error = PostgresConnection::Connect(options_.connection, clock_, made)) return error;
  if (auto error = EndPredecessor(*made)) return error;
  PostgresSchema schema;
  if (auto error = MigratePostgres(*made, observe::RandomHashKey(random_), schema)) return error;
  schema_is_newer_ = schema.is_newer;
  if (schema.is_newer) {
    return PostgresError{absl::StrCat("PostgreSQL: the tables are of version ", schema.version,
                                      ", and this program knows none after ",
                                      kPostgresSchemaVersion)};
  }
  hash_.emplace(options_.hash_key.empty() ? schema.hash_key : options_.hash_key);
  backend_pid_ = made->backend_pid();
  ++generation_;
  connection_ = std::move(made);
  return std::nullopt;
}

// A server process that was stopped, or that the network was cut from, does what it has received
// once it can: a commit that nobody waits for any more could come after what took it back.
std::optional<PostgresError> PostgresSession::EndPredecessor(PostgresConnection& connection) {
  const Instant end = clock_.Now() + options_.connection.patience;
  while (predecessor_pid_ != 0) {
    const PostgresAnswer answer =
        connection.Run({{"",
                         "SELECT pg_terminate_backend(pid), pg_sleep(0.01) FROM pg_stat_activity"
                         " WHERE pid = $1 AND backend_start = $2",
                         PostgresParams().Int(predecessor_pid_).Time(predecessor_start_)}});
    if (answer.error) return answer.error;
    if (answer.results[0].rows() == 0) {
      predecessor_pid_ = 0;
    } else if (clock_.Now() > end) {
      return PostgresError{"PostgreSQL: what the last connection was doing does not end"};
    }
  }
  return std::nullopt;
}

}  // namespace gw::ledger
