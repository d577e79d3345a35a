#include "service/app/ledger_stack.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/app/settings.h"
#include "service/ledger/postgres_store.h"
#include "service/ledger/sqlite_store.h"
#include "service/rpc/proto_time.h"

namespace gw::app {
namespace {

using ledger::State;
using observe::ReadMetric;
using StorePtr = std::unique_ptr<ledger::Store>;

absl::StatusOr<StorePtr> Named(absl::string_view key, absl::StatusOr<StorePtr> store) {
  if (store.ok()) return store;
  return absl::Status(store.status().code(), absl::StrCat(key, ": ", store.status().message()));
}

void ReadMetrics(const ledger::Ledger& ledger, const ledger::Housekeeper& housekeeper,
                 observe::Metrics& metrics) {
  for (const State state : ledger::AllStates()) {
    metrics.Read({"gateway_ledger_rows",
                  "Allocations that are recorded, by state.",
                  ReadMetric::Kind::kGauge,
                  {{"state", std::string(StateName(state))}},
                  [&housekeeper, state] { return static_cast<double>(housekeeper.rows(state)); }});
  }
  const auto read = [&](const char* name, const char* help, ReadMetric::Kind kind,
                        int64_t (ledger::Ledger::*value)() const) {
    metrics.Read({name, help, kind, {}, [&ledger, value] {
                    return static_cast<double>((ledger.*value)());
                  }});
  };
  read("gateway_ledger_queued", "Operations that wait for the ledger's store.",
       ReadMetric::Kind::kGauge, &ledger::Ledger::queued);
  read("gateway_ledger_owed", "Outcomes that could not be recorded yet.", ReadMetric::Kind::kGauge,
       &ledger::Ledger::owed);
  metrics.Read({"gateway_ledger_lag_seconds",
                "How long the oldest operation that is not committed yet has waited.",
                ReadMetric::Kind::kGauge,
                {},
                [&ledger] { return absl::ToDoubleSeconds(ledger.lag()); }});
  read("gateway_ledger_commits_total", "Groups of operations that were committed.",
       ReadMetric::Kind::kCounter, &ledger::Ledger::commits);
  read("gateway_ledger_operations_total", "Operations that were committed.",
       ReadMetric::Kind::kCounter, &ledger::Ledger::works);
  read("gateway_ledger_contradictions_total",
       "Answers to an allocation that was settled otherwise before; each is in its trail.",
       ReadMetric::Kind::kCounter, &ledger::Ledger::contradictions);
}

ledger::Ledger::Options OptionsOn(const Surroundings& around, ledger::Ledger::Options options) {
  options.completions_on = around.loop_threads.front();
  options.clock = &around.clock;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LedgerStack>> LedgerStack::Open(
    const gateway::config::v1::Config& config, const Secrets& secrets, const Surroundings& around) {
  auto listener = std::make_shared<ListListener>();
  const auto on_list_saved = [listener](const std::string& base_url) {
    std::lock_guard lock(listener->mutex);
    if (listener->listener) listener->listener(base_url);
  };
  absl::StatusOr<StorePtr> store;
  if (config.ledger().has_postgres()) {
    ledger::PostgresStore::Options options = PostgresOptions(config, secrets);
    options.on_list_saved = on_list_saved;
    store = Named("ledger.postgres.url_file",
                  ledger::PostgresStore::Open(options, around.clock, around.random));
  } else {
    store = Named("ledger.sqlite.path",
                  ledger::SqliteStore::Open(SqliteOptions(config.ledger(), secrets.ledger_hash_key),
                                            around.clock, around.random));
  }
  if (!store.ok()) return store.status();
  return std::unique_ptr<LedgerStack>(
      new LedgerStack(std::move(listener), *std::move(store), config.ledger(), around));
}

LedgerStack::LedgerStack(std::shared_ptr<ListListener> listener, StorePtr store,
                         const gateway::config::v1::LedgerConfig& config,
                         const Surroundings& around)
    : store_name_(config.has_postgres() ? "postgres" : "sqlite"),
      list_listener_(std::move(listener)),
      store_(std::move(store)),
      ledger_(std::make_unique<ledger::Ledger>(*store_, around.health,
                                               OptionsOn(around, LedgerOptions(config)))),
      housekeeper_(std::make_unique<ledger::Housekeeper>(*ledger_, around.timer, around.clock,
                                                         rpc::ToDuration(config.retention()))) {
  ReadMetrics(*ledger_, *housekeeper_, around.metrics);
}

admin::Status::Ledger LedgerStack::Seen() const {
  admin::Status::Ledger seen;
  seen.store = store_name_;
  for (const State state : ledger::AllStates()) {
    const auto at = state == State::kInDoubt ? seen.rows.begin() : seen.rows.end();
    seen.rows.insert(at, {std::string(StateName(state)), housekeeper_->rows(state)});
  }
  seen.lag = ledger_->lag();
  seen.queued = ledger_->queued();
  seen.owed = ledger_->owed();
  seen.contradictions = ledger_->contradictions();
  return seen;
}

void LedgerStack::SetListListener(std::function<void(const std::string& base_url)> listener) {
  std::lock_guard lock(list_listener_->mutex);
  list_listener_->listener = std::move(listener);
}

bool LedgerStack::Close(absl::Duration patience) {
  if (!ledger_->Flush(patience)) return false;
  store_->Release();
  return true;
}

}  // namespace gw::app
