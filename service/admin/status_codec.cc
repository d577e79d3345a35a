#include "service/admin/status_codec.h"

#include <nlohmann/json.hpp>

#include "service/admin/verdict.h"

namespace gw::admin {
namespace {

using Json = nlohmann::ordered_json;
using observe::History;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

Json HourJson(const std::vector<History::Minute>& hour) {
  Json rows = Json::array();
  for (const History::Minute& minute : hour) {
    rows.push_back({minute.counts[0], minute.counts[1], minute.counts[2],
                    absl::ToDoubleSeconds(minute.p50), absl::ToDoubleSeconds(minute.p99)});
  }
  return rows;
}

Json UpstreamJson(const Status::Upstream& upstream) {
  Json json = {{"name", upstream.name},
               {"base_url", upstream.base_url},
               {"breaker", upstream.breaker},
               {"active", upstream.active},
               {"connections_opened", upstream.connections_opened},
               {"retries", upstream.retries}};
  if (upstream.clock_skew) json["clock_skew"] = absl::ToDoubleSeconds(*upstream.clock_skew);
  json["keys"] = Json::array();
  for (const auto& key : upstream.keys) {
    json["keys"].push_back({{"name", key.name},
                            {"fingerprint", key.fingerprint},
                            {"age", absl::ToDoubleSeconds(key.age)}});
  }
  json["hour"] = HourJson(upstream.hour);
  return json;
}

Json CacheJson(const Status::Cache& cache) {
  return {{"age", absl::ToDoubleSeconds(cache.age)},
          {"allowed_age", absl::ToDoubleSeconds(cache.allowed_age)},
          {"fetch_time", TimeText(cache.fetch_time)},
          {"stale", cache.stale},
          {"version", cache.version},
          {"examinations", cache.examinations}};
}

Json LedgerJson(const Status::Ledger& ledger) {
  Json rows = Json::object();
  for (const auto& [state, count] : ledger.rows) {
    if (count >= 0) rows[state] = count;
  }
  return {
      {"store", ledger.store},   {"rows", rows},        {"lag", absl::ToDoubleSeconds(ledger.lag)},
      {"queued", ledger.queued}, {"owed", ledger.owed}, {"contradictions", ledger.contradictions}};
}

}  // namespace

std::string StatusJson(const Status& status) {
  Json json = {{"verdict", Verdict(status)},
               {"time", TimeText(status.now)},
               {"uptime", absl::ToDoubleSeconds(status.uptime)},
               {"host", status.host},
               {"version", status.version},
               {"serving", std::string(observe::ServingName(status.serving))}};
  json["components"] = Json::object();
  for (const auto& component : status.components) {
    Json& one = json["components"][component.name] = {{"well", component.well}};
    if (!component.reason.empty()) one["reason"] = component.reason;
    if (!component.breaker.empty()) one["breaker"] = component.breaker;
  }
  if (status.ledger) json["ledger"] = LedgerJson(*status.ledger);
  json["upstreams"] = Json::array();
  for (const auto& upstream : status.upstreams) json["upstreams"].push_back(UpstreamJson(upstream));
  if (status.cache) json["cache"] = CacheJson(*status.cache);
  json["certificates"] = Json::array();
  for (const auto& certificate : status.certificates) {
    json["certificates"].push_back(
        {{"name", certificate.name}, {"not_after", TimeText(certificate.not_after)}});
  }
  json["calls"] = {{"active", status.calls_active},
                   {"watchers", status.watchers},
                   {"held_bytes", status.held_bytes},
                   {"hour", HourJson(status.calls)}};
  json["callers"] = Json::array();
  for (const auto& caller : status.callers) {
    json["callers"].push_back({{"name", caller.name},
                               {"calls", caller.total()},
                               {"refused", caller.of(History::Ended::kRefused)},
                               {"failed", caller.of(History::Ended::kFailed)}});
  }
  json["build"] = Json::object();
  for (const auto& [name, version] : status.build) json["build"][name] = version;
  json["configuration"] = status.configuration;
  // Names of callers are of certificates, which may hold anything.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gw::admin
