#include "service/ledger/postgres_store.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "absl/memory/memory.h"
#include "service/ledger/operations.h"
#include "service/ledger/postgres_group.h"
#include "service/ledger/postgres_rows.h"

namespace gw::ledger {
namespace {

PostgresSession::Options SessionOptions(const PostgresStore::Options& options) {
  PostgresSession::Options session;
  session.connection.url = options.url;
  session.connection.patience = options.patience;
  session.hash_key = options.hash_key;
  return session;
}

// Who looks is told soon when there is something to be seen again.
PostgresSession::Options ReaderOptions(const PostgresStore::Options& options) {
  PostgresSession::Options reader = SessionOptions(options);
  reader.pause = absl::Milliseconds(50);
  return reader;
}

PostgresKeeper::Options KeeperOptions(const PostgresStore::Options& options,
                                      const PostgresSession& session) {
  PostgresKeeper::Options keeper;
  keeper.session = SessionOptions(options);
  keeper.lease = options.lease;
  keeper.renew_every = options.renew_every;
  keeper.on_list_saved = options.on_list_saved;
  keeper.own_pid = [&session] { return session.backend_pid(); };
  return keeper;
}

// Whether it would begin under an id that is not ours now.
bool LacksLease(const Work& work, const PostgresKeeper& keeper) {
  const auto* begin = std::get_if<BeginWork>(&work);
  return begin != nullptr && begin->intent.may_start &&
         !keeper.OwnsFor(begin->intent.owner, absl::ZeroDuration());
}

void RunOne(Rows& rows, Work& work) {
  if (auto* begin = std::get_if<BeginWork>(&work)) {
    begin->begun = Begin(rows, begin->intent);
  } else if (auto* settle = std::get_if<SettleWork>(&work)) {
    SettleRow(rows, *settle);
  } else {
    std::get<OtherWork>(work).run(rows);
  }
}

bool IsOther(const Work& work) { return std::holds_alternative<OtherWork>(work); }

// Those that are as nearly all are in one exchange, then the rest.
void RunStretch(PostgresRows& rows, const observe::KeyedHash& hash, absl::Span<Work> works,
                std::vector<bool>& done) {
  if (const std::vector<size_t> firsts = ChooseFirsts(works, done); firsts.size() > 1) {
    const PostgresAnswer& answer = rows.Run(CallsOfFirsts(works, firsts, hash));
    if (!answer.error) TakeFirsts(answer.results, firsts, works, done);
  }
  for (size_t i = 0; i < works.size(); ++i) {
    if (!done[i]) RunOne(rows, works[i]);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> PostgresStore::Open(const Options& options, Clock& clock,
                                                           Random& random) {
  if (absl::Status status = PostgresConnection::CheckUrl(options.url); !status.ok()) return status;
  auto store = absl::WrapUnique(new PostgresStore(options, clock, random));
  const bool connected = store->session_.Connection() != nullptr;
  if (store->session_.schema_is_newer()) {
    return absl::FailedPreconditionError(store->session_.error().what);
  }
  store->keeper_.Start(connected);
  return store;
}

PostgresStore::PostgresStore(const Options& options, Clock& clock, Random& random)
    : patience_(options.patience),
      clock_(clock),
      session_(SessionOptions(options), clock, random),
      reader_(ReaderOptions(options), clock, random),
      keeper_(KeeperOptions(options, session_), clock, random) {}

template <class Try>
std::optional<PostgresError> PostgresStore::Retried(Try once) {
  const Instant end = clock_.Now() + patience_;
  while (true) {
    std::optional<PostgresError> error = once();
    if (!error || !error->LostARace() || clock_.Now() > end) return error;
  }
}

std::optional<StoreFailure> PostgresStore::Run(absl::Span<Work> works) {
  PostgresConnection* connection = session_.Connection();
  if (connection == nullptr) return StoreFailure{session_.error().what};
  if (std::any_of(works.begin(), works.end(),
                  [this](const Work& work) { return LacksLease(work, keeper_); })) {
    // Others of the group can be done, each alone.
    StoreFailure failure{"PostgreSQL: there is no lease now under which anything could begin"};
    failure.store_is_away = false;
    return failure;
  }
  bool changed = false;
  const auto error = RunAll(*connection, works, changed);
  if (!error) return std::nullopt;
  StoreFailure failure;
  failure.what = error->what;
  failure.perhaps_done = error->perhaps_done || changed;
  // Who hears that it is the works tries each again alone, which must then be as if for the first
  // time.
  failure.store_is_away = !error->RefusesValues() || failure.perhaps_done;
  // What the server says of itself may be otherwise, or another server's, next time.
  if (failure.store_is_away && !error->LostARace()) session_.Drop();
  return failure;
}

std::optional<StoreFailure> PostgresStore::Read(const std::function<void(Rows&)>& run) {
  for (bool again = false;; again = true) {
    PostgresConnection* connection = reader_.Connection();
    if (connection == nullptr) return StoreFailure{reader_.error().what};
    PostgresRows rows(*connection, reader_.hash(), /*looks_only=*/true);
    run(rows);
    const std::optional<PostgresError> error = rows.Commit();
    if (!error) return std::nullopt;
    if (!connection->lost()) return StoreFailure{error->what};
    reader_.Drop();
    // The server may have been started anew since; looking twice does no harm.
    if (again) return StoreFailure{error->what};
  }
}

std::optional<PostgresError> PostgresStore::RunAll(PostgresConnection& connection,
                                                   absl::Span<Work> works, bool& changed) {
  std::vector<bool> done(works.size());
  const std::vector<size_t> firsts = ChooseFirsts(works, done);
  if (firsts.size() == works.size()) return RunFirsts(connection, works, firsts, changed);
  return Retried([&] { return RunTogether(connection, works); });
}

std::optional<PostgresError> PostgresStore::RunFirsts(PostgresConnection& connection,
                                                      absl::Span<Work> works,
                                                      const std::vector<size_t>& firsts,
                                                      bool& changed) {
  std::vector<bool> done(works.size());
  const auto calls = CallsOfFirsts(works, firsts, session_.hash());
  const auto first = [&]() -> std::optional<PostgresError> {
    const PostgresAnswer answer = connection.Run(calls);
    if (!answer.error) TakeFirsts(answer.results, firsts, works, done);
    return answer.error;
  };
  if (auto error = Retried(first)) return error;
  changed = std::find(done.begin(), done.end(), true) != done.end();
  if (auto error = RunReplays(connection, session_.hash(), {}, works, done)) return error;
  for (size_t i = 0; i < works.size(); ++i) {
    if (done[i]) continue;
    if (auto error = Retried([&] { return RunTogether(connection, works.subspan(i, 1)); })) {
      return error;
    }
    changed = true;
  }
  return std::nullopt;
}

std::optional<PostgresError> PostgresStore::RunTogether(PostgresConnection& connection,
                                                        absl::Span<Work> works) {
  std::vector<bool> done(works.size());
  // What others of the group do may change what is answered.
  if (std::none_of(works.begin(), works.end(), IsOther)) {
    if (auto error =
            RunReplays(connection, session_.hash(), ChooseFirsts(works, done), works, done)) {
      return error;
    }
  }
  PostgresRows rows(connection, session_.hash());
  // In their order: what is owed comes before what is new, and an outcome before its cancellation.
  for (size_t i = 0; i < works.size();) {
    size_t end = i;
    while (end < works.size() && !IsOther(works[end])) ++end;
    std::vector<bool> done_here(done.begin() + static_cast<ptrdiff_t>(i),
                                done.begin() + static_cast<ptrdiff_t>(end));
    RunStretch(rows, session_.hash(), works.subspan(i, end - i), done_here);
    if (end < works.size()) RunOne(rows, works[end]);
    i = end + 1;
  }
  return rows.Commit();
}

}  // namespace gw::ledger
