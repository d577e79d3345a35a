// Reports that somebody waits for: Concero is asked for each by one poll, however many do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "concero/v1/assessment.pb.h"
#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/base/random.h"
#include "service/base/timer.h"

namespace gw::concero {

using ReportPtr = std::shared_ptr<const ::concero::v1::Report>;

/// Both the end and a status are there: nothing more comes. Thread safety: pure.
bool IsFinal(const ::concero::v1::Report& report);

/// A poll begins with the first who watches an invitation and ends with the last, or with a final
/// report, or with a failure that no repeat would mend. From one answer to the next request it
/// waits for the shortest interval that is asked for, `min_interval` at least, and a tenth more at
/// the most, so that many polls do not keep step. Where nobody asked for one it waits longer while
/// nothing changes, a quarter more each time, up to four times as long. After a failure it waits
/// twice as long, each time, up to kLongestPause or the interval; and as long as the failure says.
/// Who joins a poll waits for none of that, if the last answer is older than `min_interval` or a
/// failure: the next request is made `min_interval` after it, or as long as the failure says.
///
/// Thread safety: all functions may be called from any thread.
class ReportWatches {
 public:
  static constexpr absl::Duration kLongestPause = absl::Minutes(10);

  /// Fetches the report of an invitation; bound by the upstream's timeout. Called with no lock
  /// held.
  using Fetch = std::function<void(int64_t, Once<absl::StatusOr<::concero::v1::Report>>)>;

  /// `clock`, `timer` and `random` outlive it.
  ReportWatches(Fetch fetch, Clock& clock, Timer& timer, Random& random,
                absl::Duration min_interval);
  ~ReportWatches();

  /// To be told until it is destroyed, though perhaps once more just then. Thread safety: one owner
  /// at a time; `report` and `ended` on any thread.
  class Watching {
   public:
    ~Watching();
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

    /// The last one; null: there was none yet. Another pointer is another report.
    ReportPtr report() const;
    /// OK: the last report is final; else why there will be none. Not set: it goes on.
    std::optional<absl::Status> ended() const;

   private:
    friend class ReportWatches;
    struct Entry;
    explicit Watching(std::shared_ptr<Entry> entry);
    const std::shared_ptr<Entry> entry_;
  };
  /// `changed` is called with no lock held, whenever there is another report or none will come; it
  /// must not block. `interval`: not set, nobody minds.
  std::unique_ptr<Watching> Watch(int64_t invite_id, std::optional<absl::Duration> interval,
                                  std::function<void()> changed);

  /// Invitations that are polled.
  size_t polls() const;

 private:
  struct Poll;
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace gw::concero
