// The tables of the ledger in PostgreSQL, and how they came to be.
#pragma once

#include <optional>
#include <string>

#include "service/base/secret.h"
#include "service/ledger/postgres_connection.h"

namespace gw::ledger {

/// The version of the tables that this program works with.
inline constexpr int kPostgresSchemaVersion = 2;

/// What a connection finds.
struct PostgresSchema {
  /// The tables are of a later version than ours: nothing may be done with them.
  bool is_newer = false;
  int version = 0;
  /// By which this store hashes what is erased.
  Secret hash_key;
};

/// Brings the tables in the connection's own schema to our version, and makes the store's hash key
/// of `new_hash_key` when it has none. In one transaction, and whoever comes at the same time
/// waits. Thread safety: as the connection.
std::optional<PostgresError> MigratePostgres(PostgresConnection& connection,
                                             const Secret& new_hash_key, PostgresSchema& schema);

/// Rows of `allocations` in this order are what RowOf reads.
#define GW_LEDGER_ROW_COLUMNS                                                             \
  "seq, caller, request_id, examination_id, candidate_email, email_key, state, attempt, " \
  "resendable, invite_id, invite_link, create_time, update_time, owner, error"
/// How many these are.
inline constexpr int kRowColumns = 15;

}  // namespace gw::ledger
