// Everything between an upstream's client and its sockets, as wired for one upstream.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "service/base/clock.h"
#include "service/base/detached_pool.h"
#include "service/base/random.h"
#include "service/base/timer.h"
#include "service/http/clock_skew_transport.h"
#include "service/http/curl_loop.h"
#include "service/http/large_answer_transport.h"
#include "service/http/limited_transport.h"
#include "service/http/observed_transport.h"
#include "service/http/recorded_transport.h"
#include "service/http/resending_transport.h"
#include "service/http/resolver.h"
#include "service/http/upstream_status.h"
#include "service/observe/health.h"
#include "service/observe/metrics.h"

namespace gw::app {

/// What all upstreams of a process share.
struct Surroundings {
  Clock& clock;
  Random& random;
  Timer& timer;
  http::Resolver& resolver;
  observe::Metrics& metrics;
  observe::Health& health;
};

/// From the outside in: metrics and health, the limit, large answers to other threads, (sending
/// again,) authentication, the call's record, a look at the clock, the loop on a thread of its own.
/// Thread safety: transport() may be used from any thread.
class Upstream {
 public:
  struct Options {
    http::UpstreamTraits traits;
    http::UpstreamOptions http;
    http::LimitedTransport::Limits limits;
    /// Makes the decorator, over the transport that it is given, by which requests are
    /// authenticated.
    std::function<std::unique_ptr<http::Transport>(http::Transport&)> authenticate;
    /// The bytes of an authenticated request may leave once only: libcurl must not, so what was
    /// lost is sent again by us.
    bool authenticates_each_send = false;
  };

  /// What the surroundings refer to outlives it.
  Upstream(const Options& options, const Surroundings& around);
  /// Stops.
  ~Upstream();

  /// Ends what is under way, with SHUTTING_DOWN or in doubt; whatever is started afterwards is
  /// refused with SHUTTING_DOWN. Waits until all is completed.
  void Stop();

  http::Transport& transport() { return observed_; }
  /// Requests under way or waiting for their turn.
  int active() const { return observed_.active(); }

 private:
  static constexpr size_t kDecodingThreads = 2;

  // When the first of these goes, the loop has stopped and the pool has finished, and with them
  // everything is completed, what waited in the limit's queue included: nothing calls back any
  // more.
  http::CurlLoop loop_;
  DetachedPool decoding_{kDecodingThreads};
  http::ClockSkewTransport clock_skew_;
  http::RecordedTransport recorded_;
  const std::unique_ptr<http::Transport> authenticated_;
  http::ResendingTransport resending_;
  http::LargeAnswerTransport large_answers_;
  http::LimitedTransport limited_;
  http::ObservedTransport observed_;
  std::thread thread_;
};

}  // namespace gw::app
