// Counts and times every request to an upstream, and keeps the upstream's health.
#pragma once

#include <atomic>

#include "service/base/clock.h"
#include "service/http/transport.h"
#include "service/http/upstream_status.h"
#include "service/observe/health.h"
#include "service/observe/metrics.h"

namespace gw::http {

/// A decorator. The outermost one, so that what it measures is what callers wait for.
/// Thread safety: Start may be called from any thread.
class ObservedTransport : public Transport {
 public:
  /// All references outlive it.
  ObservedTransport(Transport& inner, UpstreamTraits traits, observe::UpstreamMetrics& metrics,
                    observe::Health& health, Clock& clock);

  void Start(Request request, Completion done) override;

  /// Requests whose completion has not returned yet.
  int active() const { return active_; }

 private:
  void Observe(const Outcome& outcome, absl::Duration took, const observe::CallRecord* record);

  Transport& inner_;
  const UpstreamTraits traits_;
  observe::UpstreamMetrics& metrics_;
  observe::Health& health_;
  Clock& clock_;
  std::atomic<int> active_{0};
};

}  // namespace gw::http
