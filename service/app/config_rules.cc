#include "service/app/config_rules.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "service/app/config_support.h"
#include "service/app/field_path.h"
#include "service/base/base_url.h"

namespace gw::app {
namespace {

using gateway::config::v1::ByteSize;
using gateway::config::v1::Config;
using google::protobuf::Duration;

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
    {"concero.timeout", Zero::kIsRefused},
    {"concero.connect_timeout", Zero::kIsRefused},
    {"concero.key_overlap", Zero::kIsOff},
    {"concero.retry.initial_backoff", Zero::kIsRefused},
    {"concero.retry.max_backoff", Zero::kIsRefused},
    {"concero.breaker.window", Zero::kIsRefused},
    {"concero.breaker.open_for", Zero::kIsRefused},
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
    {"concero.max_in_flight", 1, 65'536, "1 to 65536"},
    {"concero.max_queued", 0, 1'000'000, "0 to 1000000"},
    {"concero.max_response_bytes", 1 << 10, 1 << 30, "1KiB to 1GiB"},
    {"concero.retry.max_attempts", 1, 10, "1 to 10"},
    {"concero.retry.budget_percent", 0, 100, "0 to 100"},
    {"concero.breaker.min_calls", 1, 1'000'000, "1 to 1000000"},
    {"concero.breaker.failure_percent", 1, 100, "1 to 100"},
    {"ledger.max_queued", 1, 1'000'000, "1 to 1000000"},
};

struct ChoiceRule {
  absl::string_view key;
  absl::string_view choices;  // separated by a space
};

constexpr ChoiceRule kChoices[] = {
    {"log.level", "debug info warn error"},
    {"log.access", "sampled all errors"},
    {"concero.min_tls", "1.2 1.3"},
    {"concero.allocation.failure_envelope", "failed in_doubt"},
};

struct FileRule {
  absl::string_view key;
  absl::string_view what;
};

constexpr FileRule kFiles[] = {
    {"concero.api_key_file", "the file that holds the API key"},
    {"ledger.sqlite.path", "the database file"},
    {"ledger.postgres.url_file", "the file that holds the connection URL"},
};

template <class... Parts>
absl::Status Refuse(absl::string_view key, const Parts&... why) {
  return absl::InvalidArgumentError(absl::StrCat(key, ": ", why...));
}

absl::Duration ToDuration(const Duration& value) {
  return absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
}

absl::Status CheckDuration(const Config& config, const DurationRule& rule) {
  const FieldRef found = FindField(config, rule.key);
  if (!found) return absl::OkStatus();
  const auto& message = found.owner->GetReflection()->GetMessage(*found.owner, found.field);
  const absl::Duration value =
      ToDuration(*google::protobuf::DynamicCastToGenerated<Duration>(&message));
  if (value > absl::ZeroDuration()) return absl::OkStatus();
  if (rule.zero == Zero::kIsRefused) {
    return Refuse(rule.key, "must be longer than 0s; it cannot be switched off");
  }
  if (value < absl::ZeroDuration()) return Refuse(rule.key, "must be 0s, which is off, or longer");
  return absl::OkStatus();
}

absl::Status CheckNumber(const Config& config, const NumberRule& rule) {
  const FieldRef found = FindField(config, rule.key);
  if (!found) return absl::OkStatus();
  const google::protobuf::Reflection* fields = found.owner->GetReflection();
  const int64_t value = found.field->message_type() == nullptr
                            ? fields->GetInt32(*found.owner, found.field)
                            : google::protobuf::DynamicCastToGenerated<ByteSize>(
                                  &fields->GetMessage(*found.owner, found.field))
                                  ->bytes();
  if (value >= rule.least && value <= rule.most) return absl::OkStatus();
  return Refuse(rule.key, "must be from ", rule.in_words);
}

std::string Text(const FieldRef& found) {
  return found.owner->GetReflection()->GetString(*found.owner, found.field);
}

absl::Status CheckChoice(const Config& config, const ChoiceRule& rule) {
  const FieldRef found = FindField(config, rule.key);
  if (!found) return absl::OkStatus();
  const std::vector<std::string> choices = absl::StrSplit(rule.choices, ' ');
  const std::string value = Text(found);
  for (const std::string& choice : choices) {
    if (value == choice) return absl::OkStatus();
  }
  return Refuse(rule.key, "must be one of ", absl::StrJoin(choices, ", "));
}

absl::Status CheckFile(const Config& config, const FileRule& rule) {
  const FieldRef found = FindField(config, rule.key);
  if (!found || !Text(found).empty()) return absl::OkStatus();
  return Refuse(rule.key, "is required; name ", rule.what);
}

absl::Status CheckConceroUrl(const Config& config) {
  constexpr absl::string_view kKey = "concero.base_url";
  const std::string& text = config.concero().base_url();
  if (text.empty()) return Refuse(kKey, "is required, such as https://portal.example/api/v1");
  const auto url = ParseBaseUrl(text);
  if (!url.ok()) return Refuse(kKey, url.status().message());
  if (url->https || url->loopback || config.concero().allow_plaintext()) return absl::OkStatus();
  return Refuse(kKey, "http:// would send the API key readable to another machine; use https://, ",
                "or set concero.allow_plaintext: true");
}

absl::Status CheckListeners(const Config& config) {
  const auto grpc = ParseHostPort(config.grpc().listen());
  if (!grpc.ok()) return Refuse("grpc.listen", grpc.status().message());
  if (!grpc->loopback && !config.grpc().allow_plaintext()) {
    return Refuse("grpc.listen", "would serve other machines without TLS; listen on 127.0.0.1, ",
                  "or set grpc.allow_plaintext: true");
  }
  const auto admin = ParseHostPort(config.admin().listen());
  if (!admin.ok()) return Refuse("admin.listen", admin.status().message());
  return absl::OkStatus();
}

// Rules about two keys; each key alone is right already.
absl::Status CheckPairs(const Config& config) {
  if (ToDuration(config.grpc().deadline_margin()) >= ToDuration(config.grpc().default_deadline())) {
    return Refuse("grpc.deadline_margin", "must be shorter than grpc.default_deadline");
  }
  const auto& retry = config.concero().retry();
  if (ToDuration(retry.initial_backoff()) > ToDuration(retry.max_backoff())) {
    return Refuse("concero.retry.initial_backoff", "must not be longer than max_backoff");
  }
  if (config.ledger().has_sqlite() && config.ledger().has_postgres()) {
    return Refuse("ledger.postgres", "cannot stand beside ledger.sqlite; remove one of them");
  }
  return absl::OkStatus();
}

template <class Rule, size_t N>
absl::Status CheckEach(const Config& config, const Rule (&rules)[N],
                       absl::Status (*check)(const Config&, const Rule&)) {
  for (const Rule& rule : rules) {
    if (absl::Status status = check(config, rule); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateConfig(const Config& config) {
  if (!config.has_concero()) {
    return Refuse("concero", "is required; add the section with base_url and api_key_file");
  }
  absl::Status status = RefuseUnsupported(config);
  if (status.ok()) status = CheckConceroUrl(config);
  if (status.ok()) status = CheckEach(config, kFiles, CheckFile);
  if (status.ok()) status = CheckEach(config, kDurations, CheckDuration);
  if (status.ok()) status = CheckEach(config, kNumbers, CheckNumber);
  if (status.ok()) status = CheckEach(config, kChoices, CheckChoice);
  if (status.ok()) status = CheckListeners(config);
  if (status.ok()) status = CheckPairs(config);
  return status;
}

}  // namespace gw::app
