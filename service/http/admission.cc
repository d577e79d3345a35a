#include "service/http/admission.h"

#include <algorithm>

namespace gw::http {
namespace {

// How many of `n` places are for this kind.
size_t Share(Admission::Kind kind, size_t n) {
  if (kind == Admission::kRepeatable || n < 4) return n;
  return n - std::max<size_t>(1, n / 8);
}

// How much the last answer counts for what is usual.
constexpr double kWeight = 0.1;

// Of a queue, whatever is usual.
constexpr absl::Duration kShortPause = absl::Milliseconds(100);

}  // namespace

Admission::Admission(Limits limits) : limits_(limits) {}

// Not past those of their own kind who wait already.
bool Admission::MayGo(Kind kind) const { return queued_[kind] == 0 && HasRoom(kind); }

bool Admission::HasRoom(Kind kind) const {
  return in_flight() < limits_.max_in_flight &&
         in_flight_[kind] < Share(kind, limits_.max_in_flight);
}

bool Admission::HasBeenEmpty(Instant now) const {
  return queued() == 0 && now - empty_since_ > std::max(kShortPause, usual_);
}

bool Admission::MayWait(Kind kind, Instant now, Instant deadline) const {
  if (queued() >= limits_.max_queued) return false;
  if (queued_[kind] >= Share(kind, limits_.max_queued)) return false;
  const bool stands =
      !HasBeenEmpty(now) && now - standing_since_ >= std::max(kStanding, 2 * usual_);
  if (stands && queued_[kind] >= std::max<size_t>(1, limits_.max_in_flight / 2)) return false;
  const absl::Duration wait =
      usual_ * static_cast<double>(queued() + 1) / static_cast<double>(limits_.max_in_flight);
  return !IsTooLate(now + wait, deadline);
}

bool Admission::IsTooLate(Instant now, Instant deadline) const {
  // Half of it, since some answers come sooner than usual. Without a deadline nothing is too late.
  return deadline - now < usual_ / 2;
}

Admission::Answer Admission::Arrive(Kind kind, Instant now, Instant deadline) {
  if (MayGo(kind)) {
    ++in_flight_[kind];
    return Answer::kGo;
  }
  if (!MayWait(kind, now, deadline)) return Answer::kRefuse;
  if (HasBeenEmpty(now)) standing_since_ = now;
  ++queued_[kind];
  return Answer::kWait;
}

bool Admission::WouldRefuse(Kind kind, Instant now, Instant deadline) const {
  return !MayGo(kind) && !MayWait(kind, now, deadline);
}

void Admission::Leave(Kind kind, Instant now) {
  --queued_[kind];
  if (queued() == 0) empty_since_ = now;
}

std::optional<Admission::Kind> Admission::Next(Instant now) {
  const Kind other = last_turn_ == kOneShot ? kRepeatable : kOneShot;
  for (const Kind kind : {other, last_turn_}) {
    if (queued_[kind] == 0 || !HasRoom(kind)) continue;
    Leave(kind, now);
    ++in_flight_[kind];
    last_turn_ = kind;
    return kind;
  }
  return std::nullopt;
}

void Admission::Done(Kind kind, std::optional<absl::Duration> took) {
  --in_flight_[kind];
  if (!took) return;
  usual_ = usual_ == absl::ZeroDuration() ? *took : usual_ + (*took - usual_) * kWeight;
}

}  // namespace gw::http
