#include "service/app/settings.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/base_url.h"
#include "service/base/ip_network.h"
#include "service/base/local_end.h"
#include "service/concero/client.h"
#include "service/proctorexam/client.h"
#include "service/proctorexam/request_signer.h"
#include "service/rpc/proto_time.h"

namespace gw::app {
namespace {

using rpc::ToDuration;

constexpr absl::Duration kShortestRenewal = absl::Milliseconds(100);

using gateway::config::v1::ConceroConfig;
using gateway::config::v1::EgressConfig;
using gateway::config::v1::LedgerConfig;
using gateway::config::v1::ProctorExamConfig;

// The values are valid (LoadConfig). `localhost` written in the URL is its own permission, as a
// written address is.
void SetRoute(const EgressConfig& egress, const BaseUrl& url, http::UpstreamOptions* options) {
  if (!egress.proxy().empty()) {
    options->proxy = http::Proxy{ParseProxyUrl(egress.proxy()).value(), Secret()};
  }
  if (!egress.interface().empty()) options->local_end = ParseLocalEnd(egress.interface()).value();
  std::vector<IpNetwork> networks;
  for (const std::string& cidr : egress.allow_private()) {
    networks.push_back(IpNetwork::Parse(cidr).value());
  }
  if (url.loopback) {
    for (const char* cidr : {"127.0.0.0/8", "::1/128"}) {
      networks.push_back(IpNetwork::Parse(cidr).value());
    }
  }
  options->egress = http::EgressPolicy(std::move(networks));
}

// What an answer may take that is an address.
constexpr size_t kMaxEchoBytes = 4096;

// Whatever is asked leaves by the same way.
http::UpstreamOptions HttpOptions(const std::string& base_url, const EgressConfig& egress) {
  const BaseUrl url = ParseBaseUrl(base_url).value();
  http::UpstreamOptions options;
  options.base_url =
      absl::StrCat(url.https ? "https://" : "http://", JoinHostPort(url.host, url.port), url.path);
  options.host = url.host;
  options.port = url.port;
  options.host_is_address = url.host_is_address;
  options.ca_file = egress.ca_file();
  SetRoute(egress, url, &options);
  return options;
}

// The sections of upstreams have these keys in common.
template <class UpstreamConfig>
http::UpstreamOptions UpstreamHttpOptions(const UpstreamConfig& config,
                                          const EgressConfig& egress) {
  http::UpstreamOptions options = HttpOptions(config.base_url(), egress);
  options.timeout = ToDuration(config.timeout());
  options.connect_timeout = ToDuration(config.connect_timeout());
  options.max_response_bytes = static_cast<size_t>(config.max_response_bytes().bytes());
  options.require_tls13 = config.min_tls() == "1.3";
  return options;
}

template <class UpstreamConfig>
Upstream::Options OptionsOf(const UpstreamConfig& config, const EgressConfig& egress,
                            const http::UpstreamTraits& traits) {
  Upstream::Options options;
  options.traits = traits;
  options.http = UpstreamHttpOptions(config, egress);
  options.limits = {static_cast<size_t>(config.max_in_flight()),
                    static_cast<size_t>(config.max_queued())};
  options.key_files = KeyFilesOf(config);
  options.key_overlap = ToDuration(config.key_overlap());
  options.authentication.upstream = traits.name;
  const auto& retry = config.retry();
  options.retry = {retry.max_attempts(), ToDuration(retry.initial_backoff()),
                   ToDuration(retry.max_backoff()), retry.budget_percent()};
  const auto& breaker = config.breaker();
  options.breaker = {ToDuration(breaker.window()), breaker.min_calls(), breaker.failure_percent(),
                     ToDuration(breaker.open_for()), options.http.timeout / 4};
  return options;
}

}  // namespace

Upstream::Options ConceroUpstream(const ConceroConfig& config, const EgressConfig& egress,
                                  keys::Credential key) {
  Upstream::Options options = OptionsOf(config, egress, concero::Traits());
  options.credential = std::move(key);
  options.authentication.authenticate = [](http::Request& request, const keys::Credential& held) {
    request.headers.push_back({"x-api-key", std::string(held.at(0).Reveal())});
  };
  return options;
}

Upstream::Options ProctorExamUpstream(const ProctorExamConfig& config, const EgressConfig& egress,
                                      keys::Credential token_and_secret_key, Clock& clock,
                                      Random& random) {
  Upstream::Options options = OptionsOf(config, egress, proctorexam::Dialect().traits);
  options.credential = std::move(token_and_secret_key);
  // A signature that it does not accept is a 403 to it, as is what the token may not see.
  options.authentication.refusals = {401, 403};
  options.authentication.authenticate = proctorexam::RequestSigner(clock, random);
  return options;
}

std::optional<http::UpstreamOptions> EchoOptions(const EgressConfig& egress,
                                                 const Secret& proxy_credentials) {
  if (egress.echo_url().empty()) return std::nullopt;
  http::UpstreamOptions options = HttpOptions(egress.echo_url(), egress);
  if (options.proxy) options.proxy->credentials = proxy_credentials;
  options.max_response_bytes = kMaxEchoBytes;
  options.require_tls13 = false;
  return options;
}

concero::Allocator::Options AllocatorOptions(const ConceroConfig& config) {
  return {ToDuration(config.allocation().max_idle()),
          config.allocation().failure_envelope() == "in_doubt"};
}

ledger::Allocations::Options AllocationsOptions(const ConceroConfig& config) {
  return {ToDuration(config.allocation().dedupe_window()),
          ToDuration(config.allocation().min_time()), ToDuration(config.timeout())};
}

ledger::SqliteStore::Options SqliteOptions(const LedgerConfig& config, Secret hash_key) {
  return {config.sqlite().path(), ToDuration(config.sqlite().lock_timeout()), std::move(hash_key),
          ""};
}

ledger::PostgresStore::Options PostgresOptions(const gateway::config::v1::Config& config,
                                               const Secrets& secrets) {
  ledger::PostgresStore::Options options;
  options.url = secrets.ledger_url;
  options.lease = ToDuration(config.ledger().lease());
  // Often enough for a renewal that fails, or comes late, not to keep an allocation from being
  // sent.
  const absl::Duration spare = options.lease - ToDuration(config.concero().timeout());
  options.renew_every = std::max(kShortestRenewal, spare / 4);
  options.hash_key = secrets.ledger_hash_key;
  return options;
}

ledger::Ledger::Options LedgerOptions(const LedgerConfig& config) {
  ledger::Ledger::Options options;
  options.max_queued = static_cast<size_t>(config.max_queued());
  return options;
}

absl::Duration FetchPatience(const ConceroConfig& config) {
  const absl::Duration timeout = ToDuration(config.timeout());
  const auto& retry = config.retry();
  return timeout + retry.max_attempts() * (timeout + ToDuration(retry.max_backoff()));
}

concero::ExaminationCache::Options CacheOptions(const ConceroConfig& config) {
  const auto& examinations = config.examinations();
  return {ToDuration(examinations.ttl()), ToDuration(examinations.stale_while_revalidate()),
          ToDuration(examinations.stale_if_error())};
}

absl::Duration AllowedListAge(const gateway::config::v1::ExaminationsConfig& config) {
  return ToDuration(config.ttl()) + ToDuration(config.stale_while_revalidate());
}

concero::ExaminationFeed::Options FeedOptions(const ConceroConfig& config) {
  const auto& examinations = config.examinations();
  const absl::Duration ttl = ToDuration(examinations.ttl());
  return {ttl, ttl + ToDuration(examinations.stale_if_error())};
}

absl::Duration MinPollInterval(const ConceroConfig& config) {
  return ToDuration(config.report().min_poll_interval());
}

observe::AccessMode AccessModeOf(const gateway::config::v1::LogConfig& config) {
  if (config.access() == "all") return observe::AccessMode::kAll;
  if (config.access() == "errors") return observe::AccessMode::kErrors;
  return observe::AccessMode::kSampled;
}

keys::ServerCertificateFiles CertificateFilesOf(
    const gateway::config::v1::ServerTlsConfig& config) {
  return {config.cert_file(), config.key_file(), config.client_ca_file()};
}

rpc::Prologue::Options PrologueOptions(const gateway::config::v1::GrpcConfig& config) {
  rpc::Prologue::Options options;
  options.default_deadline = ToDuration(config.default_deadline());
  options.deadline_margin = ToDuration(config.deadline_margin());
  options.trust_xfcc = config.trust_xfcc();
  return options;
}

rpc::Quotas::Options QuotasOptions(const gateway::config::v1::QuotasConfig& config) {
  const auto limits = [](const gateway::config::v1::QuotaConfig& quota) {
    rpc::Quotas::Limits out;
    if (quota.has_per_second()) out.per_second = quota.per_second();
    if (quota.has_in_flight()) out.in_flight = quota.in_flight();
    return out;
  };
  rpc::Quotas::Options options;
  options.defaults = limits(config.default_());
  for (const auto& [name, quota] : config.callers()) options.callers[name] = limits(quota);
  options.shadow = config.shadow();
  return options;
}

}  // namespace gw::app
