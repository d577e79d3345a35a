// Counts and times every request to an upstream, and keeps the upstream's health.
#pragma once

#include "service/base/clock.h"
#include "service/http/transport.h"
#include "service/http/upstream_status.h"
#include "service/observe/health.h"
#include "service/observe/metrics.h"

namespace gw::http {

/// A decorator. Below what sends again, so that it sees every send; above the limit, so that what
/// it measures is what callers wait for. Thread safety: Start may be called from any thread.
class ObservedTransport : public Transport {
 public:
  /// All references outlive it.
  ObservedTransport(Transport& inner, UpstreamTraits traits, observe::UpstreamMetrics& metrics,
                    observe::Health& health, Clock& clock);

  void Start(Request request, Completion done) override;

 private:
  void Observe(const Outcome& outcome, absl::Duration took, const observe::CallRecord* record);

  Transport& inner_;
  const UpstreamTraits traits_;
  observe::UpstreamMetrics& metrics_;
  observe::Health& health_;
  Clock& clock_;
};

}  // namespace gw::http
