// The examination list, asked for once however many want it, and kept for when Concero is down.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/base/patient.h"
#include "service/base/timer.h"
#include "service/concero/examination_list.h"
#include "service/rest/call_context.h"

namespace gw::concero {

/// By the age of the list: fresh for `ttl`; for another `stale_while_revalidate` served at once,
/// marked stale, while it is fetched anew in the background; after that whoever asks waits for the
/// fetch. When the fetch fails, the list is served, marked stale, until it is `ttl` and
/// `stale_if_error` old. At most one fetch is under way; whoever needs it waits for it, each within
/// its own deadline. After a fetch that failed, the list that is kept is served without another
/// fetch for kPauseAfterFailure, so that an upstream that is down costs its callers one wait in a
/// while and not one each.
///
/// Thread safety: all functions may be called from any thread.
class ExaminationCache {
 public:
  static constexpr absl::Duration kPauseAfterFailure = absl::Seconds(1);

  struct Options {
    absl::Duration ttl = absl::Seconds(60);
    absl::Duration stale_while_revalidate = absl::Minutes(10);
    absl::Duration stale_if_error = absl::Hours(24);
  };
  struct Answer {
    ExaminationListPtr list;
    bool stale = false;
  };
  using Fetched = absl::StatusOr<std::vector<::concero::v1::Examination>>;
  /// Fetches the list; bound by the upstream's timeout. Called with no lock held.
  using Fetch = std::function<void(Once<Fetched>)>;
  /// Is told of every list that was fetched, with no lock held; must not block.
  using Listener = std::function<void(const ExaminationListPtr&)>;
  /// Is told when another list is kept than before, with no lock held; must not block.
  using KeptListener = std::function<void()>;

  /// `clock` and `timer` outlive it.
  ExaminationCache(Fetch fetch, Clock& clock, Timer& timer, Options options,
                   Listener on_fetched = nullptr, KeptListener on_kept = nullptr);
  /// Who waits is told CANCELLED.
  ~ExaminationCache();

  /// `done` is told once: a list not older than `max_staleness` when that is set (zero: one
  /// fetched, or being fetched, now), or why there is none: the fetch's failure, DEADLINE_EXCEEDED,
  /// CANCELLED. A deadline that passes while a fetch hangs counts as its failure: the kept list is
  /// served if it will do.
  void Get(std::optional<absl::Duration> max_staleness, const rest::CallContext& context,
           Once<absl::StatusOr<Answer>> done);

  /// Where a list comes from that was not fetched here.
  enum class Origin {
    kEarlierProcess,  ///< It counts as stale until one is fetched.
    kOtherReplica,    ///< It is as good as one fetched here.
  };
  /// Keeps a list that was fetched at `fetch_time` by the wall clock, unless there is one that is
  /// as new. What lies in the future counts as fetched now; another list is as good as one that
  /// does.
  void Adopt(std::vector<::concero::v1::Examination> examinations, absl::Time fetch_time,
             Origin origin);

  /// The kept list whatever its age, or null.
  ExaminationListPtr Peek() const;
  /// The kept list or the one before it, if it has this version, else null: so that pages belong
  /// together while the list changes.
  ExaminationListPtr OfVersion(const std::string& version) const;
  /// Whether a list of this cache is older than `ttl`, or of an earlier process.
  bool IsStale(const ExaminationList& list) const;
  /// Since the kept list was fetched; negative without one.
  absl::Duration Age() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace gw::concero
