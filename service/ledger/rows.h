// The rows of a store, within one transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/ledger/record.h"
#include "service/observe/keyed_hash.h"

namespace gw::ledger {

/// Which rows are listed; what is unset is not asked for.
struct Filter {
  std::string caller;
  std::optional<State> state;
  int64_t examination_id = 0;
  std::string email_key;  ///< EmailKeyOf; rows of it that were erased are found, too.
  /// Only rows older than this one; 0: from the newest on.
  int64_t before_seq = 0;
  int limit = 100;
};

/// The last good list of examinations of an upstream.
struct SavedList {
  absl::Time fetch_time;
  /// A concero.v1.ListExaminationsResponse.
  std::string bytes;
};

/// What an operation may do. When the store fails, nothing is told here: from then on everything
/// finds nothing and changes nothing, and what was done in the transaction counts for nothing. So
/// operations need no error paths; whoever runs them is told.
///
/// Thread safety: none; lives as long as the transaction.
class Rows {
 public:
  virtual ~Rows() = default;

  /// The store's wall clock: one for all replicas. The same throughout an operation.
  virtual absl::Time Now() = 0;
  /// By which addresses are hashed that are erased.
  virtual const observe::KeyedHash& hash() = 0;

  /// Rows that are found by Find, FindLike and FindByInvite are nobody else's to change until the
  /// end of the transaction.
  virtual std::optional<Row> Find(const Key& key) = 0;
  /// The newest row of `caller` for this examination and address (erased or not) that is PENDING,
  /// IN_DOUBT, or SUCCEEDED and last changed after `since`. Until the end of the transaction no
  /// other replica gets past this for the same three.
  virtual std::optional<Row> FindLike(absl::string_view caller, int64_t examination_id,
                                      absl::string_view email_key, absl::Time since) = 0;
  virtual std::vector<Row> FindByInvite(int64_t invite_id) = 0;

  /// False: there is a row of that key already, and nothing was done. Sets `row.seq`.
  virtual bool Insert(Row& row) = 0;
  /// Writes everything but seq, key and create_time.
  virtual void Update(const Row& row) = 0;
  /// As Update, of a row whose examination and candidate are still those that are stored: a store
  /// may leave these, and what it finds rows by them with, alone.
  virtual void UpdateState(const Row& row) { Update(row); }
  virtual void AddEvent(const Row& row, const Event& event) = 0;

  /// Whether a process still owns what it began (its lease has not ended).
  virtual bool OwnerLives(absl::string_view owner) = 0;

  /// Oldest first.
  virtual std::vector<Event> Events(int64_t seq) = 0;
  /// Of several rows, in their order.
  virtual std::vector<std::vector<Event>> EventsOf(const std::vector<Row>& rows) {
    std::vector<std::vector<Event>> all;
    for (const Row& row : rows) all.push_back(Events(row.seq));
    return all;
  }
  /// Newest first.
  virtual std::vector<Row> List(const Filter& filter) = 0;
  /// Every row about the address, whatever the case of its ASCII letters, not yet erased.
  virtual std::vector<Row> FindForErasure(absl::string_view email) = 0;
  /// PENDING rows whose owner's lease has ended, at most `limit`.
  virtual std::vector<Row> FindOrphans(int limit) = 0;
  /// Deletes at most `limit` rows, with their events, last changed before `before`, never PENDING
  /// or IN_DOUBT; how many were.
  virtual int Prune(absl::Time before, int limit) = 0;
  virtual std::map<State, int64_t> Count() = 0;

  /// Writes something without a meaning, to see whether the store can.
  virtual void Touch() {}

  virtual std::optional<SavedList> LoadList(absl::string_view base_url) = 0;
  /// Unless there is one that was fetched later; one of the future counts as older. Tells other
  /// replicas, too, when the transaction is committed.
  virtual void SaveList(absl::string_view base_url, const SavedList& list) = 0;
};

}  // namespace gw::ledger
