// What /statusz shows, as plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/observe/call_counts.h"
#include "service/observe/health.h"
#include "service/observe/history.h"

namespace gw::admin {

/// All of it is of one moment, as well as that goes. Nothing in it is a secret, nor does it name a
/// candidate. Thread safety: a value.
struct Status {
  struct Component {
    std::string name;
    bool well = true;
    std::string reason;   ///< A ReasonName; empty when well.
    std::string breaker;  ///< `closed`, `open`, `half_open`; empty: it has none.
  };
  struct Key {
    std::string name;         ///< As in metrics: `concero_api_key`.
    std::string fingerprint;  ///< Secret::Fingerprint
    absl::Duration age;       ///< Since this process has it.
  };
  struct Upstream {
    std::string name;
    std::string base_url;
    std::string breaker;
    int active = 0;
    int64_t connections_opened = 0;
    int64_t retries = 0;
    std::optional<absl::Duration> clock_skew;  ///< Not set: it is not known.
    std::vector<Key> keys;
    std::vector<observe::History::Minute> hour;
  };
  struct Cache {
    absl::Duration age;
    /// Older than this, and nobody has asked for it since, or it could not be fetched.
    absl::Duration allowed_age;
    absl::Time fetch_time;
    bool stale = false;
    std::string version;
    int64_t examinations = 0;
  };
  struct Ledger {
    std::string store;  ///< `sqlite`, `postgres`
    /// By state, in doubt first; -1: not counted yet.
    std::vector<std::pair<std::string, int64_t>> rows;
    absl::Duration lag;
    int64_t queued = 0;
    int64_t owed = 0;
    int64_t contradictions = 0;
  };
  struct Certificate {
    std::string name;
    absl::Time not_after;
  };

  absl::Time now;
  absl::Duration uptime;
  std::string host;     ///< The machine's name: a pod's.
  std::string version;  ///< Of the gateway.
  /// What it is built with and runs on: `grpc`, `1.51.1`.
  std::vector<std::pair<std::string, std::string>> build;
  observe::Serving serving = observe::Serving::kStarting;
  std::vector<Component> components;
  std::vector<Upstream> upstreams;
  std::optional<Cache> cache;    ///< Not set: there is no list.
  std::optional<Ledger> ledger;  ///< Not set: Concero is not configured.
  std::vector<Certificate> certificates;
  std::vector<observe::History::Minute> calls;
  std::vector<observe::CallCounts::Caller> callers;
  int calls_active = 0;
  int watchers = 0;
  int64_t held_bytes = 0;
  std::string configuration;  ///< YAML: what the file says and what was taken for the rest.
};

/// Reads it all, from memory. Called from any thread, also several at a time.
using ReadStatus = std::function<Status()>;

}  // namespace gw::admin
