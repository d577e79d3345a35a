// How often, and how many at a time, each caller may call.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/observe/metrics.h"

namespace gw::rpc {

/// Every caller has a bucket of one second's worth of calls (one at least), which fills up again at
/// `per_second`, and places for `in_flight` calls. A call that is refused takes neither.
///
/// A bucket is forgotten once it is full and no call is in flight, so memory is bounded by the
/// callers of the last while. Thread safety: all functions may be called from any thread; callers
/// without a limit take no lock.
class Quotas {
 public:
  /// Not set: no limit.
  struct Limits {
    std::optional<double> per_second;  ///< above 0
    std::optional<int> in_flight;      ///< 1 or more
  };
  struct Options {
    Limits defaults;
    /// By name; a limit that is not set is the default's.
    std::map<std::string, Limits> callers;
    /// Refuse nobody, only count who would have been.
    bool shadow = false;
  };
  enum class Limit { kPerSecond, kInFlight };

  /// A place of one call, given back when it is destroyed; empty where there is no limit. It is not
  /// to outlive the quotas. Thread safety: one owner at a time.
  class Place {
   public:
    Place() = default;
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    friend class Quotas;
    Quotas* quotas_ = nullptr;
    std::string caller_;
  };

  /// `clock` outlives it.
  Quotas(Clock& clock, const Options& options);

  /// A call has come. OK: `place`, which is empty, is its place. Else RESOURCE_EXHAUSTED
  /// QUOTA_EXCEEDED with RetryInfo, and metadata `limit` (`per_second`, `in_flight`).
  absl::Status Admit(absl::string_view caller, Place& place);

  /// Calls that were refused, or would have been, of `label`: a name of the options, or `other` for
  /// all that have none there.
  int64_t exceeded(absl::string_view label, Limit limit) const;

  /// For what a call that was admitted does besides: takes one more of the calls a second. Zero:
  /// done; else after how long there will be one, and nothing was taken. Never a wait in shadow
  /// mode: who would have waited is counted.
  absl::Duration TakeCall(absl::string_view caller);
  /// The limit in force.
  std::optional<int> MostInFlight(absl::string_view caller) const;

  /// `gateway_quota_exceeded_total{caller,limit,shadow}`, with those labels, for each limit that
  /// there is. `metrics` is not asked after this is destroyed.
  void ReadMetrics(observe::Metrics& metrics) const;

  /// Callers that are remembered.
  size_t size() const;

 private:
  struct Class {
    Limits limits;
    mutable std::array<std::atomic<int64_t>, 2> exceeded{};
  };
  // `filled_at` is when the bucket will be full again: what is missing of it, as time.
  struct Bucket {
    Instant filled_at;
    int in_flight = 0;
  };

  const Class& ClassOf(absl::string_view caller) const;
  absl::Status Refuse(const Class& of, Limit limit, absl::Duration retry_after) const;
  void GiveBack(const std::string& caller);
  void ForgetIdle(Instant now);

  Clock& clock_;
  const bool shadow_;
  std::map<std::string, Class, std::less<>> named_;  // the map is not changed after the constructor
  Class other_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, Bucket> buckets_;
  size_t look_at_;  // look for idle ones when there are so many
};

}  // namespace gw::rpc
