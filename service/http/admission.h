// Who may go, who has to wait and who is refused, at the limit of an upstream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/time/time.h"
#include "service/base/clock.h"

namespace gw::http {

/// Counts; whoever asks keeps the requests themselves, in one queue for each kind, first come first
/// served.
///
/// Two kinds, each with its queue and its usual time of an answer. An eighth of the places, under
/// way and waiting, is not for one-shots, one at least where there are two or more: when
/// allocations flood, reads and cancels still get through, and nothing is concluded for them from
/// what allocations take. When both kinds wait they take turns.
///
/// A queue that never empties makes nobody faster: it only makes all who get through slow. So when
/// it has stood for kStanding, newcomers wait only where it is shorter than half of the places that
/// its kind has, which costs them half of an answer's usual time. A burst finds the whole queue.
/// That it empties for an instant, because many answers come at once, ends nothing: it has to stay
/// empty for as long as an answer usually takes.
///
/// Whoever cannot be answered before their deadline, by what answers usually take, is refused when
/// they come, or told so when it is their turn.
///
/// Thread safety: none; a value that is told the time.
class Admission {
 public:
  struct Limits {
    size_t max_in_flight = 64;
    size_t max_queued = 256;
  };
  enum Kind { kRepeatable, kOneShot, kKinds };
  enum class Answer { kGo, kWait, kRefuse };

  static constexpr absl::Duration kStanding = absl::Seconds(1);

  explicit Admission(Limits limits);

  /// How many of `max_in_flight` one-shots may have.
  static size_t OneShotPlaces(size_t max_in_flight);

  /// One more. kGo: it is under way; kWait: it is the last in the queue of its kind.
  Answer Arrive(Kind kind, Instant now, Instant deadline);
  /// Whether Arrive would say kRefuse to one that comes behind `ahead` others of its kind who are
  /// on their way here.
  bool WouldRefuse(Kind kind, Instant now, Instant deadline, size_t ahead) const;
  /// One that waited has gone, from anywhere in its queue.
  void Leave(Kind kind, Instant now);
  /// The kind of which the first has its turn; it is under way. None: nobody has.
  std::optional<Kind> Next(Instant now);
  /// Whether an answer that takes as long as usual would come too late.
  bool IsTooLate(Kind kind, Instant now, Instant deadline) const;

  /// One that was under way has ended. `took`: how long its answer took, if there was one.
  void Done(Kind kind, std::optional<absl::Duration> took);

  size_t in_flight() const { return of_[kRepeatable].in_flight + of_[kOneShot].in_flight; }
  size_t queued() const { return of_[kRepeatable].queued + of_[kOneShot].queued; }

 private:
  struct OfKind {
    size_t in_flight = 0;
    size_t queued = 0;
    Instant standing_since;  // the queue, but for short pauses
    // While it is; before the first wait, for ever.
    Instant empty_since = Instant::FromNanos(std::numeric_limits<int64_t>::min() / 2);
    absl::Duration usual;  // a moving average of what answers take; zero: not known

    bool HasBeenEmpty(Instant now) const;
  };

  size_t Places(Kind kind) const;
  size_t FreePlaces(Kind kind) const;
  bool MayWait(Kind kind, Instant now, Instant deadline, size_t ahead) const;

  const Limits limits_;
  std::array<OfKind, kKinds> of_;
  Kind last_turn_ = kOneShot;
};

}  // namespace gw::http
