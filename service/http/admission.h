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
/// An eighth of the places, under way and waiting, is not for one-shots, one at least where there
/// are four or more: when allocations flood, reads and cancels still get through. When both kinds
/// wait they take turns.
///
/// A queue that never empties makes nobody faster: it only makes all who get through slow. So when
/// it has stood for kStanding, newcomers wait only where the queue of their kind is shorter than
/// half of what is under way, which costs them half of an answer's usual time. A burst finds the
/// whole queue. That it empties for an instant, because many answers come at once, ends nothing: it
/// has to stay empty for as long as an answer usually takes.
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

  /// One more. kGo: it is under way; kWait: it is the last in the queue of its kind.
  Answer Arrive(Kind kind, Instant now, Instant deadline);
  /// Whether Arrive would say kRefuse.
  bool WouldRefuse(Kind kind, Instant now, Instant deadline) const;
  /// One that waited has gone, from anywhere in its queue.
  void Leave(Kind kind, Instant now);
  /// The kind of which the first has its turn; it is under way. None: nobody has.
  std::optional<Kind> Next(Instant now);
  /// Whether an answer that takes as long as usual would come too late.
  bool IsTooLate(Instant now, Instant deadline) const;

  /// One that was under way has ended. `took`: how long its answer took, if there was one.
  void Done(Kind kind, std::optional<absl::Duration> took);

  size_t in_flight() const { return in_flight_[kRepeatable] + in_flight_[kOneShot]; }
  size_t queued() const { return queued_[kRepeatable] + queued_[kOneShot]; }

 private:
  bool MayGo(Kind kind) const;
  bool HasRoom(Kind kind) const;
  bool MayWait(Kind kind, Instant now, Instant deadline) const;
  bool HasBeenEmpty(Instant now) const;

  const Limits limits_;
  std::array<size_t, kKinds> in_flight_{};
  std::array<size_t, kKinds> queued_{};
  Kind last_turn_ = kOneShot;
  Instant standing_since_;  // the queue, but for short pauses
  // While it is; before the first wait, for ever.
  Instant empty_since_ = Instant::FromNanos(std::numeric_limits<int64_t>::min() / 2);
  absl::Duration usual_;  // a moving average of what answers take; zero: not known
};

}  // namespace gw::http
