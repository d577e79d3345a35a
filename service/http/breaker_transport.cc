#include "service/http/breaker_transport.h"

#include <optional>
#include <utility>
#include <variant>

#include "service/observe/log.h"

namespace gw::http {
namespace {

// For a reason that lasts until somebody changes a configuration: the calls shall say it.
bool IsRefusedConnection(const Outcome& outcome) {
  const auto* error = std::get_if<TransportError>(&outcome);
  return error != nullptr &&
         (error->kind == ErrorKind::kTls || error->kind == ErrorKind::kAddressRefused ||
          error->kind == ErrorKind::kProxyAuth || error->kind == ErrorKind::kProxyRefused);
}

TransportError CircuitOpen(absl::Duration ask_again_after) {
  TransportError error{ErrorKind::kCircuitOpen, Phase::kNotConnected, "its breaker is open"};
  error.retry_after = ask_again_after;
  return error;
}

}  // namespace

void BreakerTransport::Start(Request request, Completion done) {
  std::optional<Breaker::Pass> pass;
  absl::Duration refused_for;
  {
    std::lock_guard lock(mutex_);
    const Instant now = clock_.Now();
    pass = breaker_.Enter(now);
    if (!pass) refused_for = breaker_.Refusal(now).value_or(absl::ZeroDuration());
    LogChange(breaker_.state(now));
  }
  if (!pass) return std::move(done)(CircuitOpen(refused_for));
  inner_.Start(std::move(request), [this, pass = *pass, began = clock_.Now(),
                                    done = std::move(done)](Outcome outcome) mutable {
    Leave(pass, outcome, clock_.Now() - began);
    std::move(done)(std::move(outcome));
  });
}

void BreakerTransport::Leave(const Breaker::Pass& pass, const Outcome& outcome,
                             absl::Duration took) {
  BreakerVerdict verdict = JudgeForBreaker(outcome, took, patience_);
  if (pass.probe && IsRefusedConnection(outcome)) verdict = BreakerVerdict::kGood;
  std::lock_guard lock(mutex_);
  const Instant now = clock_.Now();
  breaker_.Leave(now, pass, verdict);
  LogChange(breaker_.state(now));
}

Breaker::State BreakerTransport::state() const {
  std::lock_guard lock(mutex_);
  return breaker_.state(clock_.Now());
}

void BreakerTransport::LogChange(Breaker::State now) {
  if (std::exchange(logged_, now) == now) return;
  observe::Log(now == Breaker::State::kOpen ? observe::LogLevel::kWarn : observe::LogLevel::kInfo,
               "breaker", {{"upstream", upstream_}, {"state", BreakerStateName(now)}});
}

void BreakerTransport::Door::Start(Request request, Completion done) {
  std::optional<absl::Duration> refused_for;
  {
    std::lock_guard lock(breaker_.mutex_);
    refused_for = breaker_.breaker_.Refusal(breaker_.clock_.Now());
  }
  if (refused_for) return std::move(done)(CircuitOpen(*refused_for));
  inner_.Start(std::move(request), std::move(done));
}

}  // namespace gw::http
