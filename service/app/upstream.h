// Everything between an upstream's client and its sockets, as wired for one upstream.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "service/admin/status.h"
#include "service/base/byte_budget.h"
#include "service/base/clock.h"
#include "service/base/detached_pool.h"
#include "service/base/loop_thread.h"
#include "service/base/random.h"
#include "service/base/secret.h"
#include "service/base/timer.h"
#include "service/http/breaker_transport.h"
#include "service/http/clock_skew_transport.h"
#include "service/http/curl_loops.h"
#include "service/http/large_answer_transport.h"
#include "service/http/limited_transport.h"
#include "service/http/observed_transport.h"
#include "service/http/recorded_transport.h"
#include "service/http/resolver.h"
#include "service/http/retry_transport.h"
#include "service/http/upstream_status.h"
#include "service/keys/file_watcher.h"
#include "service/keys/key_ring.h"
#include "service/keys/watched_keys.h"
#include "service/observe/health.h"
#include "service/observe/metrics.h"
#include "service/observe/upstream_history.h"
#include "service/rest/authenticating_transport.h"

namespace gw::app {

/// What all upstreams of a process share.
struct Surroundings {
  Clock& clock;
  Random& random;
  Timer& timer;
  http::Resolver& resolver;
  observe::Metrics& metrics;
  observe::Health& health;
  keys::FileWatcher& file_watcher;
  /// Of all calls to all upstreams.
  ByteBudget& memory;
  /// For `egress.proxy`; empty: it is told none.
  const Secret& proxy_credentials;
  /// On which calls live, and their requests with them.
  const std::vector<LoopThread*>& loop_threads;
};

/// From the outside in: sending again, metrics and health, the breaker's door, the limit, the
/// breaker, large answers to other threads, authentication, the call's record, a look at the clock,
/// a loop on each of the threads.
/// Thread safety: the transports may be used from any thread.
class Upstream {
 public:
  struct Options {
    http::UpstreamTraits traits;
    http::UpstreamOptions http;
    http::Admission::Limits limits;
    http::RetryTransport::Options retry;
    http::Breaker::Options breaker;
    /// What is in use at first, and the files that are watched for another, in the same order.
    keys::Credential credential;
    std::vector<keys::KeyFile> key_files;
    absl::Duration key_overlap;
    rest::AuthenticatingTransport::Options authentication;
  };

  /// What the surroundings refer to outlives it.
  Upstream(const Options& options, const Surroundings& around);
  /// Stops.
  ~Upstream();

  /// Ends what is under way, with SHUTTING_DOWN or in doubt; whatever is started afterwards is
  /// refused with SHUTTING_DOWN. Waits until all is completed.
  void Stop();

  http::Transport& transport() { return retry_; }
  /// For who looks whether the upstream answers: with the credential in use and no other, neither
  /// sent again nor held back, and told to no metric, breaker or health.
  http::Transport& diagnostic_transport() { return diagnostic_; }
  const http::UpstreamOptions& http_options() const { return http_options_; }
  /// Of the `i`-th secret of the credential in use, see Secret.
  std::string KeyFingerprint(size_t i) const { return keys_.Now().current->at(i).Fingerprint(); }
  /// For /statusz.
  admin::Status::Upstream Seen() const;
  /// See LimitedTransport.
  bool WouldRefuseOneShot(Instant start_by, size_t ahead) const {
    return limited_.WouldRefuseOneShot(start_by, ahead);
  }
  /// Requests under way, waiting for their turn, or to be sent again.
  int active() const { return retry_.active(); }

 private:
  static constexpr size_t kDecodingThreads = 2;

  // When the first of these goes, the loops have stopped and the pool has finished, and with them
  // everything is completed, what waited in the limit's queue included: nothing calls back any
  // more.
  const std::string name_;
  const std::vector<std::string> key_names_;
  const http::UpstreamOptions http_options_;
  http::CurlLoops loops_;
  DetachedPool decoding_{kDecodingThreads};
  http::ClockSkewTransport clock_skew_;
  http::RecordedTransport recorded_;
  keys::KeyRing keys_;
  keys::WatchedKeys watched_keys_;
  rest::AuthenticatingTransport authenticated_;
  rest::AuthenticatingTransport diagnostic_;
  http::LargeAnswerTransport large_answers_;
  http::BreakerTransport breaker_;
  http::LimitedTransport limited_;
  http::BreakerTransport::Door door_;
  observe::UpstreamHistory history_;
  http::ObservedTransport observed_;
  http::RetryTransport retry_;
};

}  // namespace gw::app
