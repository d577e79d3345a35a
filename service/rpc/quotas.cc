#include "service/rpc/quotas.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/failure.h"

namespace gw::rpc {
namespace {

constexpr absl::string_view kOther = "other";
constexpr size_t kFewBuckets = 1024;
// When one of a caller's calls may be over.
constexpr absl::Duration kInFlightPatience = absl::Milliseconds(100);

absl::Duration BetweenCalls(double per_second) { return absl::Seconds(1) / per_second; }

// How much may be missing of a bucket for one more call to fit.
absl::Duration Burst(double per_second) {
  return std::max(absl::ZeroDuration(), absl::Seconds(1) - BetweenCalls(per_second));
}

absl::string_view NameOf(Quotas::Limit limit) {
  return limit == Quotas::Limit::kPerSecond ? "per_second" : "in_flight";
}

}  // namespace

Quotas::Place::~Place() {
  if (quotas_ != nullptr) quotas_->GiveBack(caller_);
}

Quotas::Quotas(Clock& clock, const Options& options)
    : clock_(clock), shadow_(options.shadow), look_at_(kFewBuckets) {
  other_.limits = options.defaults;
  for (const auto& [name, own] : options.callers) {
    Limits& limits = named_[name].limits;
    limits.per_second = own.per_second ? own.per_second : options.defaults.per_second;
    limits.in_flight = own.in_flight ? own.in_flight : options.defaults.in_flight;
  }
}

absl::Status Quotas::Admit(absl::string_view caller, Place& place) {
  const Class& of = ClassOf(caller);
  const auto& [per_second, in_flight] = of.limits;
  if (!per_second && !in_flight) return absl::OkStatus();
  const Instant now = clock_.Now();
  std::unique_lock lock(mutex_);
  if (buckets_.size() >= look_at_) ForgetIdle(now);
  Bucket& bucket = buckets_.try_emplace(caller, Bucket{now, 0}).first->second;
  bucket.filled_at = std::max(bucket.filled_at, now);
  if (per_second) {
    const absl::Duration wait = (bucket.filled_at - now) - Burst(*per_second);
    if (wait > absl::ZeroDuration()) {
      lock.unlock();
      return Refuse(of, Limit::kPerSecond, wait);
    }
  }
  if (in_flight && bucket.in_flight >= *in_flight) {
    lock.unlock();
    return Refuse(of, Limit::kInFlight, kInFlightPatience);
  }
  if (per_second) bucket.filled_at = bucket.filled_at + BetweenCalls(*per_second);
  if (!in_flight) return absl::OkStatus();
  ++bucket.in_flight;
  lock.unlock();
  place.quotas_ = this;
  place.caller_ = std::string(caller);
  return absl::OkStatus();
}

absl::Duration Quotas::TakeCall(absl::string_view caller) {
  const Class& of = ClassOf(caller);
  const std::optional<double> per_second = of.limits.per_second;
  if (!per_second) return absl::ZeroDuration();
  const Instant now = clock_.Now();
  std::lock_guard lock(mutex_);
  Bucket& bucket = buckets_.try_emplace(caller, Bucket{now, 0}).first->second;
  bucket.filled_at = std::max(bucket.filled_at, now);
  const absl::Duration wait = (bucket.filled_at - now) - Burst(*per_second);
  if (wait > absl::ZeroDuration()) {
    if (!shadow_) return wait;
    ++of.exceeded[static_cast<size_t>(Limit::kPerSecond)];
    return absl::ZeroDuration();
  }
  bucket.filled_at = bucket.filled_at + BetweenCalls(*per_second);
  return absl::ZeroDuration();
}

std::optional<int> Quotas::MostInFlight(absl::string_view caller) const {
  return shadow_ ? std::nullopt : ClassOf(caller).limits.in_flight;
}

absl::Status Quotas::Refuse(const Class& of, Limit limit, absl::Duration retry_after) const {
  ++of.exceeded[static_cast<size_t>(limit)];
  if (shadow_) return absl::OkStatus();
  Failure failure;
  failure.reason = Reason::kQuotaExceeded;
  failure.metadata = {{"limit", std::string(NameOf(limit))}};
  failure.retry_delay = retry_after;
  const std::string quota = limit == Limit::kPerSecond
                                ? absl::StrCat(*of.limits.per_second, " calls per second")
                                : absl::StrCat(*of.limits.in_flight, " calls at a time");
  return MakeFailure(absl::StatusCode::kResourceExhausted,
                     absl::StrCat("this caller may make ", quota,
                                  "; retry after the given delay, or ask for a larger quota"),
                     failure);
}

void Quotas::GiveBack(const std::string& caller) {
  std::lock_guard lock(mutex_);
  // With a call in flight it was not forgotten.
  --buckets_.find(caller)->second.in_flight;
}

void Quotas::ForgetIdle(Instant now) {
  absl::erase_if(buckets_, [now](const auto& entry) {
    return entry.second.in_flight == 0 && entry.second.filled_at <= now;
  });
  look_at_ = std::max(kFewBuckets, 2 * buckets_.size());
}

const Quotas::Class& Quotas::ClassOf(absl::string_view caller) const {
  const auto found = named_.find(caller);
  return found == named_.end() ? other_ : found->second;
}

int64_t Quotas::exceeded(absl::string_view label, Limit limit) const {
  return ClassOf(label).exceeded[static_cast<size_t>(limit)];
}

void Quotas::ReadMetrics(observe::Metrics& metrics) const {
  const auto read = [&](absl::string_view label, const Class& of, Limit limit) {
    const auto index = static_cast<size_t>(limit);
    metrics.Read({"gateway_quota_exceeded_total",
                  "Calls beyond their caller's quota; refused, unless shadow.",
                  observe::ReadMetric::Kind::kCounter,
                  {{"caller", std::string(label)},
                   {"limit", std::string(NameOf(limit))},
                   {"shadow", shadow_ ? "true" : "false"}},
                  [&of, index] { return static_cast<double>(of.exceeded[index]); }});
  };
  const auto read_all = [&](absl::string_view label, const Class& of) {
    if (of.limits.per_second) read(label, of, Limit::kPerSecond);
    if (of.limits.in_flight) read(label, of, Limit::kInFlight);
  };
  for (const auto& [name, of] : named_) read_all(name, of);
  read_all(kOther, other_);
}

size_t Quotas::size() const {
  std::lock_guard lock(mutex_);
  return buckets_.size();
}

}  // namespace gw::rpc
