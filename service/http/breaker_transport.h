// Puts a breaker between an upstream and those who ask it.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "service/base/clock.h"
#include "service/http/breaker.h"
#include "service/http/transport.h"

namespace gw::http {

/// A decorator. What gets no pass fails with kCircuitOpen at once and nothing is sent. It belongs
/// below the limit, so that a pass is for what is sent now, and what waits when the breaker opens
/// is not sent any more. Its changes are logged. A probe whose handshake is refused closes it: that
/// is for everybody to hear. Thread safety: all functions may be called from any thread.
class BreakerTransport : public Transport {
 public:
  /// References outlive it. `upstream` as in metadata and metrics.
  BreakerTransport(Transport& inner, std::string upstream, const Breaker::Options& options,
                   Clock& clock)
      : inner_(inner),
        upstream_(std::move(upstream)),
        patience_(options.patience),
        clock_(clock),
        breaker_(options) {}

  void Start(Request request, Completion done) override;

  Breaker::State state() const;

  /// Refuses at once what would get no pass. It belongs above the limit, so that nobody waits for a
  /// turn only to hear that.
  class Door : public Transport {
   public:
    /// References outlive it.
    Door(Transport& inner, const BreakerTransport& breaker) : inner_(inner), breaker_(breaker) {}
    void Start(Request request, Completion done) override;

   private:
    Transport& inner_;
    const BreakerTransport& breaker_;
  };

 private:
  void Leave(const Breaker::Pass& pass, const Outcome& outcome, absl::Duration took);
  void LogChange(Breaker::State now);  // under the lock

  Transport& inner_;
  const std::string upstream_;
  const absl::Duration patience_;
  Clock& clock_;
  mutable std::mutex mutex_;
  Breaker breaker_;
  Breaker::State logged_ = Breaker::State::kClosed;
};

}  // namespace gw::http
