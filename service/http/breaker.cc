#include "service/http/breaker.h"

#include <variant>

namespace gw::http {
namespace {

// While a probe is under way nobody knows more.
constexpr absl::Duration kUntilTheProbeIsBack = absl::Seconds(1);

BreakerVerdict Judge(const TransportError& error, bool waited_long) {
  switch (error.kind) {
    case ErrorKind::kConnectionLost:
      return error.kept_connection && error.phase < Phase::kAnswering ? BreakerVerdict::kSaysNothing
                                                                      : BreakerVerdict::kBad;
    case ErrorKind::kResolve:
    case ErrorKind::kConnect:
    case ErrorKind::kProtocol:
    case ErrorKind::kTooLarge:
    case ErrorKind::kTimeout:
      return BreakerVerdict::kBad;
    case ErrorKind::kDeadline:
      return waited_long && !error.NothingSent() ? BreakerVerdict::kBad
                                                 : BreakerVerdict::kSaysNothing;
    case ErrorKind::kTls:
    case ErrorKind::kAddressRefused:
    case ErrorKind::kProxyAuth:
    case ErrorKind::kProxyRefused:
    case ErrorKind::kCancelled:
    case ErrorKind::kRefused:
    case ErrorKind::kOverloaded:
    case ErrorKind::kMemory:
    case ErrorKind::kCircuitOpen:
    case ErrorKind::kShutdown:
    case ErrorKind::kBadRequest:
    case ErrorKind::kInternal:
      return BreakerVerdict::kSaysNothing;
  }
  return BreakerVerdict::kSaysNothing;
}

}  // namespace

BreakerVerdict JudgeForBreaker(const Outcome& outcome, absl::Duration took,
                               absl::Duration patience) {
  if (const auto* error = std::get_if<TransportError>(&outcome)) {
    return Judge(*error, took >= patience);
  }
  const int status = std::get<Response>(outcome).status;
  return status >= 500 && status < 600 ? BreakerVerdict::kBad : BreakerVerdict::kGood;
}

Breaker::State Breaker::state(Instant now) const {
  if (!open_) return State::kClosed;
  return now < half_open_at_ ? State::kOpen : State::kHalfOpen;
}

std::optional<absl::Duration> Breaker::Refusal(Instant now) const {
  switch (state(now)) {
    case State::kClosed:
      return std::nullopt;
    case State::kOpen:
      return half_open_at_ - now;
    case State::kHalfOpen:
      if (probing_) return kUntilTheProbeIsBack;
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Breaker::Pass> Breaker::Enter(Instant now) {
  if (Refusal(now)) return std::nullopt;
  if (open_) probing_ = true;
  return Pass{era_, open_};
}

void Breaker::Leave(Instant now, const Pass& pass, BreakerVerdict verdict) {
  if (pass.era != era_) return;
  if (pass.probe) {
    probing_ = false;
    if (verdict == BreakerVerdict::kGood) Close();
    if (verdict == BreakerVerdict::kBad) Open(now);
    return;
  }
  if (verdict == BreakerVerdict::kSaysNothing) return;
  window_.Add(now, verdict == BreakerVerdict::kGood ? kGoodOnes : kBadOnes);
  const auto& sums = window_.Sums(now);
  const int64_t all = sums[kGoodOnes] + sums[kBadOnes];
  if (all >= options_.min_calls && sums[kBadOnes] * 100 >= all * options_.failure_percent) {
    Open(now);
  }
}

void Breaker::Open(Instant now) {
  ++era_;
  open_ = true;
  half_open_at_ = now + options_.open_for;
}

void Breaker::Close() {
  ++era_;
  open_ = false;
  window_.Clear();
}

absl::string_view BreakerStateName(Breaker::State state) {
  switch (state) {
    case Breaker::State::kClosed:
      return "closed";
    case Breaker::State::kOpen:
      return "open";
    case Breaker::State::kHalfOpen:
      return "half_open";
  }
  return "";
}

}  // namespace gw::http
