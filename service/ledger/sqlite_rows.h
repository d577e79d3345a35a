// The rows in SQLite.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/base/clock.h"
#include "service/ledger/rows.h"
#include "service/ledger/sqlite_connection.h"

namespace gw::ledger {

/// Rows over a connection that is in a transaction: there is one writer, so everything found is its
/// own to change. Whoever runs the transaction asks the connection for its error.
/// Thread safety: none.
class SqliteRows : public Rows {
 public:
  /// References outlive it. `owner` is this process's: the only one that lives.
  SqliteRows(SqliteConnection& connection, Clock& clock, const observe::KeyedHash& hash,
             const std::string& owner)
      : db_(connection), clock_(clock), hash_(hash), owner_(owner) {}

  absl::Time Now() override;
  const observe::KeyedHash& hash() override { return hash_; }
  std::optional<Row> Find(const Key& key) override;
  std::optional<Row> FindLike(absl::string_view caller, int64_t examination_id,
                              absl::string_view email_key, absl::Time since) override;
  std::vector<Row> FindByInvite(int64_t invite_id) override;
  bool Insert(Row& row) override;
  void Update(const Row& row) override;
  void UpdateState(const Row& row) override;
  void AddEvent(const Row& row, const Event& event) override;
  bool OwnerLives(absl::string_view owner) override { return owner == owner_; }
  std::vector<Event> Events(int64_t seq) override;
  std::vector<Row> List(const Filter& filter) override;
  std::vector<Row> FindForErasure(absl::string_view email) override;
  std::vector<Row> FindOrphans(int limit) override;
  int Prune(absl::Time before, int limit) override;
  std::map<State, int64_t> Count() override;
  void Touch() override;
  std::optional<SavedList> LoadList(absl::string_view base_url) override;
  void SaveList(absl::string_view base_url, const SavedList& list) override;

  /// Somebody was erased: what the log still holds of them must go.
  bool erased() const { return erased_; }

 private:
  /// Of the row's events; 0: it has none.
  int64_t LastNumber(int64_t seq);

  SqliteConnection& db_;
  Clock& clock_;
  const observe::KeyedHash& hash_;
  const std::string& owner_;
  bool erased_ = false;
  int64_t inserted_ = 0;  // a row that has no event yet
};

}  // namespace gw::ledger
