// From the configuration file's messages to the options of each part.
#pragma once

#include <optional>

#include "gateway/config/v1/config.pb.h"
#include "service/app/secrets.h"
#include "service/app/upstream.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/secret.h"
#include "service/concero/allocator.h"
#include "service/concero/examination_cache.h"
#include "service/concero/examination_feed.h"
#include "service/http/upstream_options.h"
#include "service/keys/key_ring.h"
#include "service/keys/server_certificate.h"
#include "service/ledger/allocations.h"
#include "service/ledger/ledger.h"
#include "service/ledger/postgres_store.h"
#include "service/ledger/sqlite_store.h"
#include "service/observe/access_policy.h"
#include "service/rpc/prologue.h"
#include "service/rpc/quotas.h"

namespace gw::app {

/// Thread safety: pure functions; the configuration is valid (LoadConfig).
Upstream::Options ConceroUpstream(const gateway::config::v1::ConceroConfig& config,
                                  const gateway::config::v1::EgressConfig& egress,
                                  keys::Credential key);
/// `clock` and `random` outlive what is made of it.
Upstream::Options ProctorExamUpstream(const gateway::config::v1::ProctorExamConfig& config,
                                      const gateway::config::v1::EgressConfig& egress,
                                      keys::Credential token_and_secret_key, Clock& clock,
                                      Random& random);
/// How the engine reaches `egress.echo_url`; none: it is not set.
std::optional<http::UpstreamOptions> EchoOptions(const gateway::config::v1::EgressConfig& egress,
                                                 const Secret& proxy_credentials);
concero::Allocator::Options AllocatorOptions(const gateway::config::v1::ConceroConfig& config);
ledger::Allocations::Options AllocationsOptions(const gateway::config::v1::ConceroConfig& config);
/// `hash_key` may be empty, see SqliteStore.
ledger::SqliteStore::Options SqliteOptions(const gateway::config::v1::LedgerConfig& config,
                                           Secret hash_key);
/// `lease` is longer than Concero's timeout (LoadConfig).
ledger::PostgresStore::Options PostgresOptions(const gateway::config::v1::Config& config,
                                               const Secrets& secrets);
ledger::Ledger::Options LedgerOptions(const gateway::config::v1::LedgerConfig& config);
/// How long what is fetched for nobody in particular (the list, a watched report) is asked for: as
/// often as may be, and once more for a turn under the limit.
absl::Duration FetchPatience(const gateway::config::v1::ConceroConfig& config);
concero::ExaminationCache::Options CacheOptions(const gateway::config::v1::ConceroConfig& config);
/// How old the list may become as long as it can be fetched.
absl::Duration AllowedListAge(const gateway::config::v1::ExaminationsConfig& config);
concero::ExaminationFeed::Options FeedOptions(const gateway::config::v1::ConceroConfig& config);
/// Between two polls for one report.
absl::Duration MinPollInterval(const gateway::config::v1::ConceroConfig& config);
observe::AccessMode AccessModeOf(const gateway::config::v1::LogConfig& config);
keys::ServerCertificateFiles CertificateFilesOf(const gateway::config::v1::ServerTlsConfig& config);
/// Without authorization and quotas.
rpc::Prologue::Options PrologueOptions(const gateway::config::v1::GrpcConfig& config);
rpc::Quotas::Options QuotasOptions(const gateway::config::v1::QuotasConfig& config);

}  // namespace gw::app
