#include "service/http/admission.h"

#include <algorithm>

namespace gw::http {
namespace {

// How many of `n` places are for this kind.
size_t Share(Admission::Kind kind, size_t n) {
  if (kind == Admission::kRepeatable || n < 2) return n;
  return n - std::max<size_t>(1, n / 8);
}

// How much the last answer counts for what is usual.
constexpr double kWeight = 0.1;

// Of a queue, whatever is usual.
constexpr absl::Duration kShortPause = absl::Milliseconds(100);

}  // namespace

size_t Admission::OneShotPlaces(size_t max_in_flight) { return Share(kOneShot, max_in_flight); }

Admission::Admission(Limits limits) : limits_(limits) {}

bool Admission::OfKind::HasBeenEmpty(Instant now) const {
  return queued == 0 && now - empty_since > std::max(kShortPause, usual);
}

// Those that the other kind does not have.
size_t Admission::Places(Kind kind) const {
  const size_t others = in_flight() - of_[kind].in_flight;
  return std::min(Share(kind, limits_.max_in_flight), limits_.max_in_flight - others);
}

size_t Admission::FreePlaces(Kind kind) const { return Places(kind) - of_[kind].in_flight; }

bool Admission::MayWait(Kind kind, Instant now, Instant deadline, size_t ahead) const {
  const OfKind& mine = of_[kind];
  const size_t waiting = mine.queued + ahead;
  if (queued() + ahead >= limits_.max_queued) return false;
  if (waiting >= Share(kind, limits_.max_queued)) return false;
  const size_t places = std::max<size_t>(1, Places(kind));
  const bool stands =
      !mine.HasBeenEmpty(now) && now - mine.standing_since >= std::max(kStanding, 2 * mine.usual);
  if (stands && waiting >= std::max<size_t>(1, places / 2)) return false;
  const absl::Duration wait =
      mine.usual * static_cast<double>(waiting + 1) / static_cast<double>(places);
  return !IsTooLate(kind, now + wait, deadline);
}

bool Admission::IsTooLate(Kind kind, Instant now, Instant deadline) const {
  // Half of it, since some answers come sooner than usual. Without a deadline nothing is too late.
  return deadline - now < of_[kind].usual / 2;
}

Admission::Answer Admission::Arrive(Kind kind, Instant now, Instant deadline) {
  OfKind& mine = of_[kind];
  // Not past those of their own kind who wait already.
  if (mine.queued == 0 && FreePlaces(kind) > 0) {
    ++mine.in_flight;
    return Answer::kGo;
  }
  if (!MayWait(kind, now, deadline, 0)) return Answer::kRefuse;
  if (mine.HasBeenEmpty(now)) mine.standing_since = now;
  ++mine.queued;
  return Answer::kWait;
}

bool Admission::WouldRefuse(Kind kind, Instant now, Instant deadline, size_t ahead) const {
  const size_t free = of_[kind].queued == 0 ? FreePlaces(kind) : 0;
  return ahead >= free && !MayWait(kind, now, deadline, ahead - free);
}

void Admission::Leave(Kind kind, Instant now) {
  OfKind& mine = of_[kind];
  if (--mine.queued == 0) mine.empty_since = now;
}

std::optional<Admission::Kind> Admission::Next(Instant now) {
  const Kind other = last_turn_ == kOneShot ? kRepeatable : kOneShot;
  for (const Kind kind : {other, last_turn_}) {
    if (of_[kind].queued == 0 || FreePlaces(kind) == 0) continue;
    Leave(kind, now);
    ++of_[kind].in_flight;
    last_turn_ = kind;
    return kind;
  }
  return std::nullopt;
}

void Admission::Done(Kind kind, std::optional<absl::Duration> took) {
  OfKind& mine = of_[kind];
  --mine.in_flight;
  if (!took) return;
  mine.usual =
      mine.usual == absl::ZeroDuration() ? *took : mine.usual + (*took - mine.usual) * kWeight;
}

}  // namespace gw::http
