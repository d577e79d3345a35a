#include "service/app/config_rules.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "service/app/field_path.h"
#include "service/base/base_url.h"
#include "service/base/ip_network.h"
#include "service/base/local_end.h"

namespace gw::app {
namespace {

using gateway::config::v1::ByteSize;
using gateway::config::v1::Config;
using google::protobuf::Duration;

// In a rule's key `*.` stands for each of them.
constexpr absl::string_view kUpstreams[] = {"concero", "proctorexam"};

enum class Zero { kIsOff, kIsRefused };

struct DurationRule {
  absl::string_view key;
  Zero zero;
};

constexpr DurationRule kDurations[] = {
    {"grpc.default_deadline", Zero::kIsRefused},
    {"grpc.deadline_margin", Zero::kIsOff},
    {"shutdown.pause", Zero::kIsOff},
    {"shutdown.grace", Zero::kIsOff},
    {"*.timeout", Zero::kIsRefused},
    {"*.connect_timeout", Zero::kIsRefused},
    {"*.key_overlap", Zero::kIsOff},
    {"*.retry.initial_backoff", Zero::kIsRefused},
    {"*.retry.max_backoff", Zero::kIsRefused},
    {"*.breaker.window", Zero::kIsRefused},
    {"*.breaker.open_for", Zero::kIsRefused},
    {"concero.examinations.ttl", Zero::kIsOff},
    {"concero.examinations.stale_while_revalidate", Zero::kIsOff},
    {"concero.examinations.stale_if_error", Zero::kIsOff},
    {"concero.allocation.dedupe_window", Zero::kIsOff},
    {"concero.allocation.max_idle", Zero::kIsOff},
    {"concero.allocation.min_time", Zero::kIsOff},
    {"concero.report.min_poll_interval", Zero::kIsRefused},
    {"ledger.retention", Zero::kIsRefused},
    {"ledger.lease", Zero::kIsRefused},
    {"ledger.sqlite.lock_timeout", Zero::kIsRefused},
};

struct NumberRule {
  absl::string_view key;
  int64_t least;
  int64_t most;
  absl::string_view in_words;
};

constexpr NumberRule kNumbers[] = {
    {"*.max_in_flight", 1, 65'536, "1 to 65536"},
    {"*.max_queued", 0, 1'000'000, "0 to 1000000"},
    {"*.max_response_bytes", 1 << 10, 1 << 30, "1KiB to 1GiB"},
    {"*.retry.max_attempts", 1, 10, "1 to 10"},
    {"*.retry.budget_percent", 0, 100, "0 to 100"},
    {"*.breaker.min_calls", 1, 1'000'000, "1 to 1000000"},
    {"*.breaker.failure_percent", 1, 100, "1 to 100"},
    {"ledger.max_queued", 1, 1'000'000, "1 to 1000000"},
};

struct ChoiceRule {
  absl::string_view key;
  absl::string_view choices;  // separated by a space
};

constexpr ChoiceRule kChoices[] = {
    {"log.level", "debug info warn error"},
    {"log.access", "sampled all errors"},
    {"*.min_tls", "1.2 1.3"},
    {"concero.allocation.failure_envelope", "failed in_doubt"},
};

struct FileRule {
  absl::string_view key;
  absl::string_view what;
};

constexpr FileRule kFiles[] = {
    {"concero.api_key_file", "the file that holds the API key"},
    {"proctorexam.api_token_file", "the file that holds the API token"},
    {"proctorexam.secret_key_file", "the file that holds the secret key that signs"},
    {"grpc.tls.cert_file", "the file with the certificate chain, PEM"},
    {"grpc.tls.key_file", "the file with the certificate's private key, PEM"},
    {"ledger.sqlite.path", "the database file"},
    {"ledger.postgres.url_file", "the file that holds the connection URL"},
    {"authorization.policy_file", "the file that holds the policy"},
};

template <class... Parts>
absl::Status Refuse(absl::string_view key, const Parts&... why) {
  return absl::InvalidArgumentError(absl::StrCat(key, ": ", why...));
}

absl::Duration ToDuration(const Duration& value) {
  return absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
}

absl::Status CheckDuration(const Config& config, absl::string_view key, const DurationRule& rule) {
  const FieldRef found = FindField(config, key);
  if (!found) return absl::OkStatus();
  const auto& message = found.owner->GetReflection()->GetMessage(*found.owner, found.field);
  const absl::Duration value =
      ToDuration(*google::protobuf::DynamicCastToGenerated<Duration>(&message));
  if (value > absl::ZeroDuration()) return absl::OkStatus();
  if (rule.zero == Zero::kIsRefused) {
    return Refuse(key, "must be longer than 0s; it cannot be switched off");
  }
  if (value < absl::ZeroDuration()) return Refuse(key, "must be 0s, which is off, or longer");
  return absl::OkStatus();
}

absl::Status CheckNumber(const Config& config, absl::string_view key, const NumberRule& rule) {
  const FieldRef found = FindField(config, key);
  if (!found) return absl::OkStatus();
  const google::protobuf::Reflection* fields = found.owner->GetReflection();
  const int64_t value = found.field->message_type() == nullptr
                            ? fields->GetInt32(*found.owner, found.field)
                            : google::protobuf::DynamicCastToGenerated<ByteSize>(
                                  &fields->GetMessage(*found.owner, found.field))
                                  ->bytes();
  if (value >= rule.least && value <= rule.most) return absl::OkStatus();
  return Refuse(key, "must be from ", rule.in_words);
}

std::string Text(const FieldRef& found) {
  return found.owner->GetReflection()->GetString(*found.owner, found.field);
}

absl::Status CheckChoice(const Config& config, absl::string_view key, const ChoiceRule& rule) {
  const FieldRef found = FindField(config, key);
  if (!found) return absl::OkStatus();
  const std::vector<std::string> choices = absl::StrSplit(rule.choices, ' ');
  const std::string value = Text(found);
  for (const std::string& choice : choices) {
    if (value == choice) return absl::OkStatus();
  }
  return Refuse(key, "must be one of ", absl::StrJoin(choices, ", "));
}

absl::Status CheckFile(const Config& config, absl::string_view key, const FileRule& rule) {
  const FieldRef found = FindField(config, key);
  if (!found || !Text(found).empty()) return absl::OkStatus();
  return Refuse(key, "is required; name ", rule.what);
}

// Whether what is sent there stays on this machine: a proxy on another has a loopback of its own.
bool StaysHere(const BaseUrl& url, const Config& config) {
  if (config.egress().proxy().empty()) return url.loopback;
  const auto proxy = ParseProxyUrl(config.egress().proxy());
  return url.loopback && proxy.ok() && proxy->loopback;
}

// `what` of ours would be readable on the way.
template <class UpstreamConfig>
absl::Status CheckUrl(absl::string_view upstream, const Config& whole, const UpstreamConfig& config,
                      absl::string_view example, absl::string_view what) {
  const std::string key = absl::StrCat(upstream, ".base_url");
  if (config.base_url().empty()) return Refuse(key, "is required, such as ", example);
  const auto url = ParseBaseUrl(config.base_url());
  if (!url.ok()) return Refuse(key, url.status().message());
  if (url->https || StaysHere(*url, whole) || config.allow_plaintext()) return absl::OkStatus();
  return Refuse(key, "http:// would send ", what, " readable to another machine; use https://, ",
                "or set ", upstream, ".allow_plaintext: true");
}

absl::Status CheckUrls(const Config& config) {
  absl::Status status = absl::OkStatus();
  if (config.has_concero()) {
    status = CheckUrl("concero", config, config.concero(), "https://portal.example/api/v1",
                      "the API key");
  }
  if (status.ok() && config.has_proctorexam()) {
    status = CheckUrl("proctorexam", config, config.proctorexam(),
                      "https://institute.proctorexam.com/api/v3", "the API token");
  }
  return status;
}

// What it answers is believed: nobody on the way may change it.
absl::Status CheckEchoUrl(const Config& config) {
  if (config.egress().echo_url().empty()) return absl::OkStatus();
  const auto url = ParseBaseUrl(config.egress().echo_url());
  if (!url.ok()) return Refuse("egress.echo_url", url.status().message());
  if (url->https || StaysHere(*url, config)) return absl::OkStatus();
  return Refuse("egress.echo_url", "must be https://, or on this machine: another one's answer ",
                "could be changed on the way");
}

absl::Status CheckEgress(const Config& config) {
  const auto& egress = config.egress();
  if (!egress.proxy().empty()) {
    const auto proxy = ParseProxyUrl(egress.proxy());
    if (!proxy.ok()) return Refuse("egress.proxy", proxy.status().message());
  } else if (!egress.proxy_credentials_file().empty()) {
    return Refuse("egress.proxy_credentials_file", "is for egress.proxy, which is not set");
  }
  if (!egress.interface().empty()) {
    const auto end = ParseLocalEnd(egress.interface());
    if (!end.ok()) return Refuse("egress.interface", end.status().message());
  }
  for (int i = 0; i < egress.allow_private_size(); ++i) {
    const auto network = IpNetwork::Parse(egress.allow_private(i));
    if (network.ok()) continue;
    return Refuse("egress.allow_private", "entry ", i + 1, " ", network.status().message());
  }
  return absl::OkStatus();
}

absl::Status CheckListeners(const Config& config) {
  const auto grpc = ParseHostPort(config.grpc().listen());
  if (!grpc.ok()) return Refuse("grpc.listen", grpc.status().message());
  if (!grpc->loopback && !config.grpc().has_tls() && !config.grpc().allow_plaintext()) {
    return Refuse("grpc.listen", "would serve other machines without TLS; add grpc.tls, listen on ",
                  "127.0.0.1, or set grpc.allow_plaintext: true");
  }
  const auto admin = ParseHostPort(config.admin().listen());
  if (!admin.ok()) return Refuse("admin.listen", admin.status().message());
  return absl::OkStatus();
}

absl::Status CheckRetry(absl::string_view upstream, const gateway::config::v1::RetryConfig& retry) {
  if (ToDuration(retry.initial_backoff()) <= ToDuration(retry.max_backoff())) {
    return absl::OkStatus();
  }
  return Refuse(absl::StrCat(upstream, ".retry.initial_backoff"),
                "must not be longer than max_backoff");
}

// An allocation is sent only when the lease outlasts it.
absl::Status CheckLease(const Config& config) {
  if (!config.has_concero() || !config.ledger().has_postgres() ||
      ToDuration(config.ledger().lease()) > ToDuration(config.concero().timeout())) {
    return absl::OkStatus();
  }
  return Refuse("ledger.lease", "must be longer than concero.timeout, or nothing could be sent");
}

// Written as !(a && b), so that what is no number is refused, too.
absl::Status CheckQuota(const std::string& key, const gateway::config::v1::QuotaConfig& quota) {
  if (quota.has_per_second() && !(quota.per_second() >= 0.001 && quota.per_second() <= 1e6)) {
    return Refuse(absl::StrCat(key, ".per_second"),
                  "must be from 0.001 to 1000000; leave it out for no limit");
  }
  if (quota.has_in_flight() && !(quota.in_flight() >= 1 && quota.in_flight() <= 1'000'000)) {
    return Refuse(absl::StrCat(key, ".in_flight"),
                  "must be from 1 to 1000000; leave it out for no limit");
  }
  return absl::OkStatus();
}

absl::Status CheckQuotas(const Config& config) {
  absl::Status status = CheckQuota("quotas.default", config.quotas().default_());
  // In the order of their names, so that the same mistake is told every time.
  std::map<std::string, const gateway::config::v1::QuotaConfig*> callers;
  for (const auto& [name, quota] : config.quotas().callers()) callers[name] = &quota;
  for (const auto& [name, quota] : callers) {
    const std::string key = absl::StrCat("quotas.callers.", name);
    if (status.ok() && name == "other") {
      status = Refuse(key, "is what metrics call those that are not named; name callers in full");
    }
    if (status.ok()) status = CheckQuota(key, *quota);
  }
  return status;
}

// Rules about two keys; each key alone is right already.
absl::Status CheckPairs(const Config& config) {
  if (ToDuration(config.grpc().deadline_margin()) >= ToDuration(config.grpc().default_deadline())) {
    return Refuse("grpc.deadline_margin", "must be shorter than grpc.default_deadline");
  }
  if (auto status = CheckRetry("concero", config.concero().retry()); !status.ok()) return status;
  if (auto status = CheckRetry("proctorexam", config.proctorexam().retry()); !status.ok()) {
    return status;
  }
  if (config.ledger().has_sqlite() && config.ledger().has_postgres()) {
    return Refuse("ledger.postgres", "cannot stand beside ledger.sqlite; remove one of them");
  }
  return CheckLease(config);
}

template <class Rule, size_t N>
absl::Status CheckEach(const Config& config, const Rule (&rules)[N],
                       absl::Status (*check)(const Config&, absl::string_view, const Rule&)) {
  for (const Rule& rule : rules) {
    absl::string_view key = rule.key;
    if (!absl::ConsumePrefix(&key, "*.")) {
      if (absl::Status status = check(config, key, rule); !status.ok()) return status;
      continue;
    }
    for (const absl::string_view upstream : kUpstreams) {
      const std::string of_one = absl::StrCat(upstream, ".", key);
      if (absl::Status status = check(config, of_one, rule); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateConfig(const Config& config) {
  if (!config.has_concero() && !config.has_proctorexam()) {
    return Refuse("concero", "is required, or proctorexam; add the section with base_url and the ",
                  "files of its keys");
  }
  absl::Status status = CheckUrls(config);
  if (status.ok()) status = CheckEchoUrl(config);
  if (status.ok()) status = CheckEgress(config);
  if (status.ok()) status = CheckEach(config, kFiles, CheckFile);
  if (status.ok()) status = CheckEach(config, kDurations, CheckDuration);
  if (status.ok()) status = CheckEach(config, kNumbers, CheckNumber);
  if (status.ok()) status = CheckEach(config, kChoices, CheckChoice);
  if (status.ok()) status = CheckQuotas(config);
  if (status.ok()) status = CheckListeners(config);
  if (status.ok()) status = CheckPairs(config);
  return status;
}

}  // namespace gw::app
