#include "service/http/retry_policy.h"

#include <algorithm>
#include <variant>

namespace gw::http {
namespace {

bool MayEndBetter(const TransportError& error) {
  switch (error.kind) {
    case ErrorKind::kResolve:
    case ErrorKind::kConnect:
    case ErrorKind::kConnectionLost:
    case ErrorKind::kTimeout:
    case ErrorKind::kInternal:
      return true;
    case ErrorKind::kTls:
    case ErrorKind::kAddressRefused:
    case ErrorKind::kProxyAuth:
    case ErrorKind::kProxyRefused:
    case ErrorKind::kProtocol:
    case ErrorKind::kTooLarge:
    case ErrorKind::kDeadline:
    case ErrorKind::kCancelled:
    case ErrorKind::kRefused:
    case ErrorKind::kOverloaded:
    case ErrorKind::kMemory:
    case ErrorKind::kCircuitOpen:
    case ErrorKind::kShutdown:
    case ErrorKind::kBadRequest:
      return false;
  }
  return false;
}

bool MayEndBetter(const Response& response) {
  const int status = response.status;
  return status == 408 || status == 429 || (status >= 500 && status < 600);
}

// 2^53 steps are all that a double tells apart.
double Fraction(Random& random) { return static_cast<double>(random.Next() >> 11) * 0x1p-53; }

}  // namespace

bool MayEndBetter(const Request& request, const Outcome& outcome) {
  if (const auto* error = std::get_if<TransportError>(&outcome)) {
    if (request.one_shot && error->phase != Phase::kNotConnected) return false;
    return MayEndBetter(*error);
  }
  return !request.one_shot && MayEndBetter(std::get<Response>(outcome));
}

bool WasLostWithAKeptConnection(const Outcome& outcome) {
  const auto* error = std::get_if<TransportError>(&outcome);
  return error != nullptr && error->kind == ErrorKind::kConnectionLost && error->kept_connection &&
         error->phase < Phase::kAnswering;
}

absl::Duration Backoff::Jitter(absl::Duration up_to) const { return up_to * Fraction(random_); }

absl::Duration Backoff::Delay(int retry) const {
  absl::Duration bound = initial_;
  for (int n = 1; n < retry && bound < max_; ++n) bound *= 2;
  return Jitter(std::min(bound, max_));
}

absl::Duration Backoff::DelayAfter(absl::Duration retry_after) const {
  return retry_after + Jitter(initial_);
}

bool RetryBudget::Take(Instant now) {
  const auto& sums = window_.Sums(now);
  if (sums[kRetries] >= kFloor + sums[kRequests] * percent_ / 100) return false;
  window_.Add(now, kRetries);
  return true;
}

}  // namespace gw::http
