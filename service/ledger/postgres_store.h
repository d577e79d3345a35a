// The ledger in PostgreSQL, which replicas share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/secret.h"
#include "service/ledger/postgres_keeper.h"
#include "service/ledger/postgres_session.h"
#include "service/ledger/store.h"

namespace gw::ledger {

/// Three connections: one for Run, one for Read, and one on a thread of its own that keeps the
/// lease (postgres_keeper.h). The tables are made, and brought to our version, on connecting; they
/// are in the schema that the URL's user has by default. It is for PostgreSQL itself: a pooler that
/// gives each transaction another server process breaks prepared statements, LISTEN and the ending
/// of what was lost.
///
/// What is recorded under an owner's id is put IN_DOUBT by others once its lease has ended, and
/// OwnsFor is what keeps it from being sent later. What remains is the time between that answer and
/// the bytes: who is stopped just there for longer than the lease sends late.
///
/// Thread safety: as Store.
class PostgresStore : public Store {
 public:
  struct Options {
    /// As libpq has it, TLS and several hosts included.
    Secret url;
    /// For how long after its last sign of life a process still owns what it began.
    absl::Duration lease;
    /// Well below that.
    absl::Duration renew_every;
    /// The bound of each wait for the server. Whoever waits for another's lock gives up before.
    absl::Duration patience = absl::Seconds(5);
    /// Empty: the one that is kept in the store.
    Secret hash_key;
    /// Another replica has saved a list, or may have. Called on the keeper's thread; may be empty.
    std::function<void(const std::string& base_url)> on_list_saved;
  };

  /// Starts also when there is no connection to be had: Run fails then, and connects later.
  /// INVALID_ARGUMENT: the URL is none. FAILED_PRECONDITION: the tables are of a later version.
  /// Neither says what is in the URL.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const Options& options, Clock& clock,
                                                     Random& random);

  /// After a failure to connect the next for half a second fail at once. A group is tried again
  /// when others were in its way, for `patience` at most. What is begun must be under OwnerId,
  /// with a lease that has not ended.
  std::optional<StoreFailure> Run(absl::Span<Work> works) override;
  /// On a connection of its own, which is made when first asked for.
  std::optional<StoreFailure> Read(const std::function<void(Rows&)>& run) override;
  std::string OwnerId() override { return keeper_.OwnerId(); }
  bool OwnsFor(const std::string& owner, absl::Duration span) override {
    return keeper_.OwnsFor(owner, span);
  }
  /// Returns when others see it, or when the database cannot be reached.
  void Release() override { keeper_.Release(); }

 private:
  PostgresStore(const Options& options, Clock& clock, Random& random);
  /// `changed`, as below: with an error, some works were done all the same.
  std::optional<PostgresError> RunAll(PostgresConnection& connection, absl::Span<Work> works,
                                      bool& changed);
  /// `works`, of which all are `firsts`: with the commit in the same exchange, and what was none
  /// after all in transactions of its own.
  std::optional<PostgresError> RunFirsts(PostgresConnection& connection, absl::Span<Work> works,
                                         const std::vector<size_t>& firsts, bool& changed);
  /// All in one transaction.
  std::optional<PostgresError> RunTogether(PostgresConnection& connection, absl::Span<Work> works);
  /// Runs it again while others are in its way.
  template <class Try>
  std::optional<PostgresError> Retried(Try once);

  const absl::Duration patience_;
  Clock& clock_;
  PostgresSession session_;
  PostgresSession reader_;  // of the thread that reads
  PostgresKeeper keeper_;
};

}  // namespace gw::ledger
