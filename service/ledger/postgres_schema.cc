#include "service/ledger/postgres_schema.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gw::ledger {
namespace {

// What brings the tables from version N to N + 1 is the N-th list. A list that was released is
// never changed.
const std::vector<std::vector<const char*>>& Steps() {
  static const auto* const steps = new std::vector<std::vector<const char*>>{
      {
          "CREATE TABLE allocations ("
          " seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
          " caller text NOT NULL,"
          " request_id text NOT NULL,"
          " examination_id bigint NOT NULL,"
          " candidate_email text NOT NULL,"
          " email_key text NOT NULL,"
          " state text NOT NULL,"
          " attempt integer NOT NULL,"
          " resendable boolean NOT NULL,"
          " invite_id bigint NOT NULL,"
          " invite_link text NOT NULL,"
          " create_time timestamptz NOT NULL,"
          " update_time timestamptz NOT NULL,"
          " owner text NOT NULL,"
          " error text NOT NULL,"
          " UNIQUE (caller, request_id))",
          "CREATE INDEX allocations_alike ON allocations (caller, email_key, examination_id)",
          "CREATE INDEX allocations_listed ON allocations (caller, state, seq)",
          "CREATE INDEX allocations_examination ON allocations (caller, examination_id, seq)",
          "CREATE INDEX allocations_invite ON allocations (invite_id) WHERE invite_id <> 0",
          "CREATE INDEX allocations_open ON allocations (seq)"
          " WHERE state IN ('PENDING', 'IN_DOUBT')",
          "CREATE INDEX allocations_old ON allocations (update_time)"
          " WHERE state NOT IN ('PENDING', 'IN_DOUBT')",
          "CREATE INDEX allocations_erasable ON allocations (lower(candidate_email COLLATE \"C\"))"
          " WHERE candidate_email <> ''",
          "CREATE TABLE allocation_events ("
          " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
          " allocation bigint NOT NULL REFERENCES allocations (seq) ON DELETE CASCADE,"
          " time timestamptz NOT NULL,"
          " state text NOT NULL,"
          " actor text NOT NULL,"
          " note text NOT NULL,"
          " attempt integer NOT NULL)",
          "CREATE INDEX allocation_events_allocation ON allocation_events (allocation, id)",
          "CREATE TABLE owners (id text PRIMARY KEY, lease_until timestamptz NOT NULL)",
          "CREATE TABLE examination_lists ("
          " base_url text PRIMARY KEY,"
          " fetch_time timestamptz NOT NULL,"
          " list bytea NOT NULL)",
      },
      {
          // Its check of every event took longer than all else that is done for an allocation. The
          // events of a row are deleted with it by Prune.
          "ALTER TABLE allocation_events DROP CONSTRAINT allocation_events_allocation_fkey",
      },
  };
  return *steps;
}

constexpr char kLock[] = "SELECT pg_advisory_xact_lock(1735879268, 1)";
// Where tables are made, which need not be where a table of that name is found first. Not by
// to_regclass: that may remember that there was none before the lock was waited for.
constexpr char kHasMeta[] =
    "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'meta' AND relnamespace ="
    " (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))";
constexpr char kMakeMeta[] = "CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL)";
constexpr char kReadMeta[] = "SELECT key, value FROM meta";

std::optional<PostgresError> Read(PostgresConnection& connection, PostgresSchema& schema) {
  const PostgresAnswer exists = connection.Run({{"", kHasMeta, {}}});
  if (exists.error || !exists.results[0].Bool(0, 0)) return exists.error;
  const PostgresAnswer meta = connection.Run({{"", kReadMeta, {}}});
  if (meta.error) return meta.error;
  for (int i = 0; i < meta.results[0].rows(); ++i) {
    const absl::string_view key = meta.results[0].Text(i, 0);
    const absl::string_view value = meta.results[0].Text(i, 1);
    if (key == "schema_version" && !absl::SimpleAtoi(value, &schema.version)) {
      return PostgresError{"PostgreSQL: the table meta has a schema_version that is no number"};
    }
    if (key == "hash_key") schema.hash_key = Secret(absl::HexStringToBytes(value));
  }
  schema.is_newer = schema.version > kPostgresSchemaVersion;
  return std::nullopt;
}

PostgresCall Remember(const char* key, const std::string& value) {
  return {"",
          "INSERT INTO meta (key, value) VALUES ($1, $2)"
          " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
          PostgresParams().Text(key).Text(value)};
}

// Within the transaction that holds the lock.
std::optional<PostgresError> Migrate(PostgresConnection& connection, const Secret& new_hash_key,
                                     PostgresSchema& schema) {
  if (auto error = Read(connection, schema)) return error;
  std::vector<PostgresCall> calls;
  if (!schema.is_newer) {
    if (schema.version == 0) calls.push_back({"", kMakeMeta, {}});
    for (; schema.version < kPostgresSchemaVersion; ++schema.version) {
      for (const char* sql : Steps()[schema.version]) calls.push_back({"", sql, {}});
    }
    calls.push_back(Remember("schema_version", absl::StrCat(schema.version)));
    if (schema.hash_key.empty()) {
      schema.hash_key = new_hash_key;
      calls.push_back(Remember("hash_key", absl::BytesToHexString(new_hash_key.Reveal())));
    }
  }
  calls.push_back({"", "COMMIT", {}});
  return connection.Run(calls).error;
}

}  // namespace

std::optional<PostgresError> MigratePostgres(PostgresConnection& connection,
                                             const Secret& new_hash_key, PostgresSchema& schema) {
  schema = PostgresSchema();
  if (auto error = Read(connection, schema)) return error;
  if (schema.is_newer) return std::nullopt;
  if (schema.version == kPostgresSchemaVersion && !schema.hash_key.empty()) return std::nullopt;
  schema = PostgresSchema();
  // Two calls at the least: the lock is held when the tables are looked at again.
  std::optional<PostgresError> error =
      connection.Run({{"", "BEGIN ISOLATION LEVEL READ COMMITTED", {}}, {"", kLock, {}}}).error;
  if (!error) error = Migrate(connection, new_hash_key, schema);
  if (error && !connection.lost()) connection.Run({{"", "ROLLBACK", {}}});
  return error;
}

}  // namespace gw::ledger
