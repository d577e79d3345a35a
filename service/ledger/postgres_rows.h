// The ledger's rows in PostgreSQL, within one transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/ledger/postgres_connection.h"
#include "service/ledger/rows.h"
#include "service/observe/keyed_hash.h"

namespace gw::ledger {

/// The channel on which is told that a list was saved; what is told is its base URL.
inline constexpr char kListsChannel[] = "concero_gateway_lists";

/// The row of GW_LEDGER_ROW_COLUMNS.
Row RowOf(const PostgresResult& result, int row);

/// What is locked by whoever looks for an allocation like another: the same number for the same
/// three, in every process.
inline constexpr char kLockLikeness[] = "SELECT pg_advisory_xact_lock($1)";
int64_t LikenessLock(absl::string_view caller, int64_t examination_id, absl::string_view email_key);

/// The rows of one transaction, as Rows says. It begins with the first statement. Thread safety:
/// none.
class PostgresRows : public Rows {
 public:
  /// `looks_only`: what is found is not locked.
  PostgresRows(PostgresConnection& connection, const observe::KeyedHash& hash,
               bool looks_only = false);

  /// Does `calls` within the transaction. With an error it has failed.
  const PostgresAnswer& Run(std::vector<PostgresCall> calls);
  /// Ends the transaction. With an error nothing was done, unless `perhaps_done`.
  std::optional<PostgresError> Commit();

  absl::Time Now() override;
  const observe::KeyedHash& hash() override { return hash_; }
  std::optional<Row> Find(const Key& key) override;
  std::optional<Row> FindLike(absl::string_view caller, int64_t examination_id,
                              absl::string_view email_key, absl::Time since) override;
  std::vector<Row> FindByInvite(int64_t invite_id) override;
  bool Insert(Row& row) override;
  void Update(const Row& row) override;
  void AddEvent(const Row& row, const Event& event) override;
  /// A lease that has ended is deleted in the same transaction: it cannot be renewed by an owner
  /// whose clock stood still meanwhile.
  bool OwnerLives(absl::string_view owner) override;
  std::vector<Event> Events(int64_t seq) override;
  std::vector<std::vector<Event>> EventsOf(const std::vector<Row>& rows) override;
  std::vector<Row> List(const Filter& filter) override;
  std::vector<Row> FindForErasure(absl::string_view email) override;
  /// Leaves out what others are at; deletes ended leases as OwnerLives does.
  std::vector<Row> FindOrphans(int limit) override;
  int Prune(absl::Time before, int limit) override;
  std::map<State, int64_t> Count() override;
  void Touch() override;
  std::optional<SavedList> LoadList(absl::string_view base_url) override;
  void SaveList(absl::string_view base_url, const SavedList& list) override;

 private:
  /// Does what was put off, and this; null when the store failed, now or before.
  const PostgresResult* Ask(PostgresCall call);
  std::vector<Row> AskForRows(PostgresCall call);
  /// Puts off a call whose result nobody needs, to go with the next one.
  void Tell(PostgresCall call);
  bool Send();

  PostgresConnection& connection_;
  const observe::KeyedHash& hash_;
  const bool looks_only_;
  bool begun_ = false;
  std::vector<PostgresCall> waiting_;
  PostgresAnswer answer_;  ///< The last one; its error stays.
  std::optional<absl::Time> now_;
};

}  // namespace gw::ledger
