// The calls of the last hour: how they ended, and whose they were.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/failure.h"
#include "service/observe/history.h"

namespace gw::observe {

/// Refused: the gateway did not want to (a quota, a rule, too many at a time, its end). Failed: it
/// or an upstream could not. All else is well, also what tells a caller of a mistake.
/// Thread safety: pure.
History::Ended EndedOf(absl::StatusCode code, Reason reason);

/// Memory is bounded: of more than kMostCallers the rest is counted together. Thread safety: all
/// functions may be called from any thread.
class CallCounts {
 public:
  static constexpr size_t kMostCallers = 200;
  static constexpr absl::string_view kOthers = "(others)";

  /// `clock` outlives it.
  explicit CallCounts(Clock& clock) : clock_(clock), history_(clock) {}

  /// `now` is of that clock. An infinite `took` is not among the times.
  void Ended(absl::string_view caller, absl::StatusCode code, Reason reason, absl::Duration took,
             Instant now);

  const History& history() const { return history_; }

  struct Caller {
    std::string name;
    std::array<int64_t, History::kEnds> counts{};  ///< by Ended

    int64_t of(History::Ended ended) const { return counts[static_cast<size_t>(ended)]; }
    int64_t total() const { return counts[0] + counts[1] + counts[2]; }
  };
  /// Those of the last hour, give or take six minutes, with the most calls first, kOthers among
  /// them.
  std::vector<Caller> Callers() const;

  /// How often all callers were gone through to give up those of an hour ago: only when there are
  /// too many, and once in six minutes at most, however many calls there are.
  int64_t sweeps() const;

 private:
  // The last hour in parts of which the oldest is given up as a whole.
  static constexpr int kParts = 10;
  struct Recent {
    int64_t part = 0;  // the number of the latest
    std::array<std::array<uint32_t, History::kEnds>, kParts> parts{};

    void MoveTo(int64_t now);
  };

  Recent& RecentOf(absl::string_view caller, int64_t part);

  Clock& clock_;
  History history_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, Recent> callers_;
  int64_t swept_ = -1;  // in which part, the last time
  int64_t sweeps_ = 0;
};

}  // namespace gw::observe
