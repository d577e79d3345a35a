// A connection that is ready for the ledger, made again after it was lost.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/secret.h"
#include "service/ledger/postgres_connection.h"
#include "service/observe/keyed_hash.h"

namespace gw::ledger {

/// Thread safety: none, but backend_pid may be asked from any thread.
class PostgresSession {
 public:
  struct Options {
    PostgresConnection::Options connection;
    /// Empty: the one that is kept in the store, made when there is none.
    Secret hash_key;
    /// For how long after a failure to connect nothing is tried.
    absl::Duration pause = absl::Milliseconds(500);
  };
  PostgresSession(Options options, Clock& clock, Random& random);

  /// The connection, with the tables as they should be; made now when there is none. Null: there is
  /// none to be had now, and `error()` says why. What a lost connection had still under way in the
  /// server has been ended before: nothing of it is done after what is done with the new one.
  PostgresConnection* Connection();
  const PostgresError& error() const { return error_; }
  /// The tables are of a later version than ours.
  bool schema_is_newer() const { return schema_is_newer_; }

  /// Gives the connection up: the next one sees everything anew.
  void Drop();

  /// By which addresses are hashed; after there was a connection.
  const observe::KeyedHash& hash() const { return *hash_; }
  /// How many connections there were: another number, another connection.
  int generation() const { return generation_; }
  /// Of the last connection, as notifications name it; 0 before the first.
  int backend_pid() const { return backend_pid_.load(); }

 private:
  std::optional<PostgresError> Make();
  std::optional<PostgresError> EndPredecessor(PostgresConnection& connection);

  const Options options_;
  Clock& clock_;
  Random& random_;
  std::unique_ptr<PostgresConnection> connection_;
  /// The connection before, as long as it is not known to have ended in the server.
  int predecessor_pid_ = 0;
  absl::Time predecessor_start_;
  std::optional<observe::KeyedHash> hash_;
  PostgresError error_;
  bool schema_is_newer_ = false;
  Instant next_try_;
  int generation_ = 0;
  std::atomic<int> backend_pid_ = 0;
};

}  // namespace gw::ledger
