#include "service/observe/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace gw::observe {
namespace {

using Family = prometheus::Family<prometheus::Histogram>;

const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

// As gRPC names them.
constexpr std::array<absl::string_view, 17> kCodes = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

// Each child is looked up once per code and reason; afterwards a call costs the observation alone.
class RpcMetricsImpl : public RpcMetrics {
 public:
  RpcMetricsImpl(Family& family, std::string method)
      : family_(family), method_(std::move(method)) {}

  void Observe(absl::StatusCode code, Reason reason, absl::Duration took) override {
    // Whatever is outside of the enums shares a label with what says as little.
    auto c = static_cast<size_t>(code);
    if (c >= kCodes.size()) c = static_cast<size_t>(absl::StatusCode::kUnknown);
    auto r = static_cast<size_t>(reason);
    if (r >= kReasons) r = static_cast<size_t>(Reason::kUnspecified);
    prometheus::Histogram* child = children_[c][r];
    if (child == nullptr) {
      child = &family_.Add({{"rpc_method", method_},
                            {"code", std::string(kCodes[c])},
                            {"reason", std::string(ReasonName(reason))}},
                           kSeconds);
      children_[c][r] = child;
    }
    child->Observe(absl::ToDoubleSeconds(took));
  }

 private:
  static constexpr size_t kReasons = 64;
  Family& family_;
  const std::string method_;
  std::array<std::array<std::atomic<prometheus::Histogram*>, kReasons>, kCodes.size()> children_{};
};

// Answers have each their child, looked up once; failures are rare enough to look theirs up.
class UpstreamMetricsImpl : public UpstreamMetrics {
 public:
  UpstreamMetricsImpl(Family& family, prometheus::Gauge& active, std::string upstream)
      : family_(family), active_(active), upstream_(std::move(upstream)) {}

  void Started() override { active_.Increment(); }
  void Finished(absl::string_view result, absl::Duration took) override {
    active_.Decrement();
    ChildOf(result).Observe(absl::ToDoubleSeconds(took));
  }

 private:
  static constexpr size_t kClasses = 6;  // 0xx, which none is, to 5xx

  prometheus::Histogram& Add(absl::string_view result) {
    return family_.Add({{"upstream", upstream_}, {"result", std::string(result)}}, kSeconds);
  }

  prometheus::Histogram& ChildOf(absl::string_view result) {
    if (result.size() != 3 || result.substr(1) != "xx") return Add(result);
    const auto digit = static_cast<size_t>(result[0] - '0');
    if (digit >= kClasses) return Add(result);
    prometheus::Histogram* child = answers_[digit];
    if (child == nullptr) answers_[digit] = child = &Add(result);
    return *child;
  }

  Family& family_;
  prometheus::Gauge& active_;
  const std::string upstream_;
  std::array<std::atomic<prometheus::Histogram*>, kClasses> answers_{};
};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  Family& rpc = prometheus::BuildHistogram()
                    .Name("rpc_server_call_duration_seconds")
                    .Help("Calls answered, by method, gRPC code and reason.")
                    .Register(registry);
  Family& upstream = prometheus::BuildHistogram()
                         .Name("http_client_request_duration_seconds")
                         .Help("Requests to upstreams, by status class or kind of failure.")
                         .Register(registry);
  prometheus::Family<prometheus::Gauge>& active =
      prometheus::BuildGauge()
          .Name("http_client_active_requests")
          .Help("Requests to upstreams under way or waiting for their turn.")
          .Register(registry);
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<RpcMetricsImpl>> rpcs;
  std::map<std::string, std::unique_ptr<UpstreamMetricsImpl>> upstreams;
  std::vector<ReadFamily> values;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

RpcMetrics& Metrics::ForRpc(const std::string& method) {
  std::lock_guard lock(state_->mutex);
  auto& slot = state_->rpcs[method];
  if (slot == nullptr) slot = std::make_unique<RpcMetricsImpl>(state_->rpc, method);
  return *slot;
}

UpstreamMetrics& Metrics::ForUpstream(const std::string& upstream) {
  std::lock_guard lock(state_->mutex);
  auto& slot = state_->upstreams[upstream];
  if (slot == nullptr) {
    slot = std::make_unique<UpstreamMetricsImpl>(
        state_->upstream, state_->active.Add({{"upstream", upstream}}), upstream);
  }
  return *slot;
}

void Metrics::Read(ReadFamily family) {
  std::lock_guard lock(state_->mutex);
  state_->values.push_back(std::move(family));
}

void Metrics::Read(ReadMetric metric) {
  const auto samples = [labels = std::move(metric.labels),
                        read = std::move(metric.read)]() -> std::vector<ReadFamily::Sample> {
    const double now = read();
    if (now < 0) return {};
    return {{labels, now}};
  };
  Read(ReadFamily{std::move(metric.name), std::move(metric.help), metric.kind, samples});
}

void Metrics::ReadConnectionsOpened(const std::string& upstream, std::function<double()> read) {
  Read({"http_client_connections_opened_total",
        "Sockets opened towards upstreams.",
        ReadMetric::Kind::kCounter,
        {{"upstream", upstream}},
        std::move(read)});
}

void Metrics::ReadCacheAge(std::function<double()> read) {
  Read({"gateway_cache_age_seconds",
        "Time since the cached examination list was fetched.",
        ReadMetric::Kind::kGauge,
        {},
        std::move(read)});
}

void Metrics::ReadKeyAge(const std::string& key, std::function<double()> read) {
  Read({"gateway_key_age_seconds",
        "Time since the key in use was loaded.",
        ReadMetric::Kind::kGauge,
        {{"key", key}},
        std::move(read)});
}

void Metrics::ReadKeyFingerprint(const std::string& key, std::function<std::string()> read) {
  Read(ReadFamily{"gateway_key_info", "1, with which key is in use in the labels.",
                  ReadMetric::Kind::kGauge,
                  [key, read = std::move(read)]() -> std::vector<ReadFamily::Sample> {
                    return {{{{"key", key}, {"fingerprint", read()}}, 1}};
                  }});
}

void Metrics::ReadComponents(const Health& health) {
  Read(ReadFamily{"gateway_component_failing",
                  "1: the last request to it ended badly, for the reason; 0: it did not.",
                  ReadMetric::Kind::kGauge, [&health] {
                    std::vector<ReadFamily::Sample> samples;
                    for (const auto& [name, component] : health.components()) {
                      samples.push_back({{{"component", name}, {"reason", component.reason}},
                                         component.well ? 0.0 : 1.0});
                    }
                    return samples;
                  }});
}

void Metrics::SetAllowedCacheAge(absl::Duration allowed) {
  Read({"gateway_cache_allowed_age_seconds",
        "How old the cached examination list may become while it is asked for and can be fetched.",
        ReadMetric::Kind::kGauge,
        {},
        [seconds = absl::ToDoubleSeconds(allowed)] { return seconds; }});
}

void Metrics::ReadRetries(const std::string& upstream, std::function<double()> read) {
  Read({"gateway_retries_total",
        "Requests to upstreams that were sent once more.",
        ReadMetric::Kind::kCounter,
        {{"upstream", upstream}},
        std::move(read)});
}

void Metrics::ReadBreaker(const std::string& upstream, std::function<double()> read) {
  Read({"gateway_breaker_state",
        "Whether an upstream is left alone: 0 closed (no), 1 open (yes), 2 half open (tried).",
        ReadMetric::Kind::kGauge,
        {{"upstream", upstream}},
        std::move(read)});
}

void Metrics::ReadHeldBytes(std::function<double()> read) {
  Read({"gateway_held_bytes",
        "Bytes of requests and answers that calls under way hold.",
        ReadMetric::Kind::kGauge,
        {},
        std::move(read)});
}

void Metrics::ReadSavedByPreviousKey(const std::string& upstream, std::function<double()> read) {
  Read({"gateway_previous_key_used_total",
        "Requests that the upstream took with the previous key after it had refused the new one.",
        ReadMetric::Kind::kCounter,
        {{"upstream", upstream}},
        std::move(read)});
}

void Metrics::ReadReloadFailures(const std::string& file, std::function<double()> read) {
  Read({"gateway_reload_failures_total",
        "How often a changed file could not be used, so that what it held before stayed in use.",
        ReadMetric::Kind::kCounter,
        {{"file", file}},
        std::move(read)});
}

void Metrics::ReadCertificateEnd(const std::string& certificate, std::function<double()> read) {
  Read({"gateway_certificate_not_after_timestamp_seconds",
        "Until when a certificate is valid, in seconds since 1970.",
        ReadMetric::Kind::kGauge,
        {{"certificate", certificate}},
        std::move(read)});
}

void Metrics::ReadClockSkew(const std::string& upstream, std::function<double()> read) {
  Read({"gateway_clock_skew_seconds",
        "How far an upstream's clock is from ours at least, whichever is ahead.",
        ReadMetric::Kind::kGauge,
        {{"upstream", upstream}},
        std::move(read)});
}

void Metrics::ReadLogLinesDropped(std::function<double()> read) {
  Read({"gateway_log_lines_dropped_total",
        "Log lines lost because stderr was not read.",
        ReadMetric::Kind::kCounter,
        {},
        std::move(read)});
}

void Metrics::SetBuildInfo(const std::string& version) {
  Read({"gateway_build_info",
        "1, with what is running in the labels.",
        ReadMetric::Kind::kGauge,
        {{"version", version}},
        [] { return 1.0; }});
}

std::string Metrics::Text() const {
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  {
    std::lock_guard lock(state_->mutex);
    for (const ReadFamily& values : state_->values) {
      const std::vector<ReadFamily::Sample> samples = values.read();
      if (samples.empty()) continue;
      // The text format has each name once, with all of its samples.
      auto family = std::find_if(families.begin(), families.end(),
                                 [&](const auto& f) { return f.name == values.name; });
      if (family == families.end()) {
        const auto type = values.kind == ReadMetric::Kind::kCounter
                              ? prometheus::MetricType::Counter
                              : prometheus::MetricType::Gauge;
        family = families.insert(family, {values.name, values.help, type, {}});
      }
      for (const auto& sample : samples) {
        prometheus::ClientMetric metric;
        for (const auto& [label, text] : sample.labels) metric.label.push_back({label, text});
        metric.gauge.value = metric.counter.value = sample.value;
        family->metric.push_back(std::move(metric));
      }
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace gw::observe
