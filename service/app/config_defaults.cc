#include "service/app/config_defaults.h"

#include <cstdlib>

#include "service/app/yaml_reader.h"

namespace gw::app {
namespace {

constexpr char kDefaults[] = R"yaml(
grpc:
  listen: 0.0.0.0:50051
  reflection: true
  channelz: false
  allow_plaintext: false
  trust_xfcc: false
  default_deadline: 30s
  deadline_margin: 20ms
admin:
  listen: 127.0.0.1:9901
shutdown:
  pause: 5s
  grace: 30s
log:
  level: info
  access: sampled
concero:
  timeout: 10s
  connect_timeout: 3s
  max_in_flight: 64
  max_queued: 256
  max_response_bytes: 8MiB
  min_tls: "1.3"
  allow_plaintext: false
  key_overlap: 10m
  retry:
    max_attempts: 3
    initial_backoff: 100ms
    max_backoff: 2s
    budget_percent: 20
  breaker:
    window: 30s
    min_calls: 20
    failure_percent: 50
    open_for: 5s
  examinations:
    ttl: 60s
    stale_while_revalidate: 10m
    stale_if_error: 24h
  allocation:
    dedupe_window: 5m
    max_idle: 2s
    min_time: 1s
    failure_envelope: failed
  report:
    min_poll_interval: 30s
proctorexam:
  timeout: 10s
  connect_timeout: 3s
  max_in_flight: 64
  max_queued: 256
  max_response_bytes: 8MiB
  min_tls: "1.2"
  allow_plaintext: false
  key_overlap: 10m
  retry:
    max_attempts: 3
    initial_backoff: 100ms
    max_backoff: 2s
    budget_percent: 20
  breaker:
    window: 30s
    min_calls: 20
    failure_percent: 50
    open_for: 5s
ledger:
  retention: 720h
  lease: 15s
  max_queued: 4096
  sqlite:
    path: data/gateway.db
    lock_timeout: 10s
)yaml";

}  // namespace

gateway::config::v1::Config DefaultsFor(const gateway::config::v1::Config& user) {
  gateway::config::v1::Config defaults;
  // The text is part of the program; tests read it.
  if (!ReadYaml(kDefaults, "defaults", &defaults).ok()) std::abort();
  if (!user.has_concero()) defaults.clear_concero();
  if (!user.has_proctorexam()) defaults.clear_proctorexam();
  if (user.ledger().has_postgres() && !user.ledger().has_sqlite()) {
    defaults.mutable_ledger()->clear_sqlite();
  }
  return defaults;
}

}  // namespace gw::app
