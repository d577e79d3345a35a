// Keeps the examination list fresh as long as somebody watches it, and tells whoever does.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/timer.h"
#include "service/concero/examination_cache.h"
#include "service/concero/list_updates.h"

namespace gw::concero {

/// One loop of refreshes however many watch, and none when nobody does: when the list is `ttl` old
/// it is fetched, unless somebody else had it fetched, another replica perhaps; up to a tenth of
/// `ttl` later, so that of several replicas one is the first. While that fails it is tried again,
/// after a second, then twice that each time, `ttl` at the most, each time less up to a half.
///
/// Thread safety: all functions may be called from any thread.
class ExaminationFeed {
 public:
  struct Options {
    /// Zero, a list that is never fresh: it is fetched every second.
    absl::Duration ttl = absl::Seconds(60);
    /// An older list is none.
    absl::Duration oldest = absl::Hours(24);
  };
  /// Not more often than that, whatever `ttl`.
  static constexpr absl::Duration kOften = absl::Milliseconds(100);

  /// References outlive it.
  ExaminationFeed(ExaminationCache& cache, Clock& clock, Timer& timer, Random& random,
                  Options options);
  ~ExaminationFeed();

  /// To be told of changes until it is destroyed, though perhaps once more just then. Thread
  /// safety: one owner at a time.
  class Watching {
   public:
    ~Watching();
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

   private:
    friend class ExaminationFeed;
    struct Entry;
    explicit Watching(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}
    const std::shared_ptr<Entry> entry_;
  };
  /// `changed` is called with no lock held, whenever the cache keeps another list, though perhaps
  /// of the same version; it must not block.
  std::unique_ptr<Watching> Watch(std::function<void()> changed);

  /// The list that counts now, or null.
  ExaminationListPtr Current() const;
  /// What is to be said to somebody who has `from`, null for nothing. Made once for all who ask.
  std::shared_ptr<const ListUpdate> Update(const ExaminationListPtr& from,
                                           const ExaminationListPtr& to);

  /// To be called whenever the cache keeps another list.
  void OnKept();

  size_t watchers() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace gw::concero
