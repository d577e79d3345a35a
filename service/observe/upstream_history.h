// The last hour of an upstream's requests, beside their metrics.
#pragma once

#include <atomic>

#include "absl/strings/string_view.h"
#include "service/observe/history.h"
#include "service/observe/metrics.h"

namespace gw::observe {

/// A decorator. What was cancelled, or was not sent because we did not want to (`refused`,
/// `overloaded`, `memory`, `shutdown`, `bad_request`), is in the metrics alone: it says nothing
/// about the upstream.
/// Thread safety: any thread.
class UpstreamHistory : public UpstreamMetrics {
 public:
  /// References outlive it.
  UpstreamHistory(UpstreamMetrics& metrics, Clock& clock) : metrics_(metrics), history_(clock) {}

  void Started() override {
    ++active_;
    metrics_.Started();
  }
  void Finished(absl::string_view result, absl::Duration took) override;

  const History& history() const { return history_; }
  /// As the metric says: under way, or waiting for their turn.
  int active() const { return active_; }

 private:
  std::atomic<int> active_{0};
  UpstreamMetrics& metrics_;
  History history_;
};

}  // namespace gw::observe
