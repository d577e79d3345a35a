// At most so many requests under way; the next ones wait their turn.
#pragma once

#include <cstddef>
#include <memory>

#include "service/base/timer.h"
#include "service/http/transport.h"

namespace gw::http {

/// A decorator. Waiting requests start in the order in which they came, and end in the queue at
/// their deadline or cancel, with nothing sent. With the queue full a request fails with
/// kOverloaded at once. Thread safety: Start may be called from any thread.
class LimitedTransport : public Transport {
 public:
  struct Limits {
    size_t max_in_flight = 64;
    size_t max_queued = 256;
  };

  /// `inner` and `timer` outlive it, and so must it every request that it passed on.
  LimitedTransport(Transport& inner, Limits limits, Timer& timer);
  /// What waits is completed with kShutdown.
  ~LimitedTransport() override;

  void Start(Request request, Completion done) override;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace gw::http
