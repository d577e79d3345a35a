#include "service/observe/call_counts.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"

namespace gw::observe {
namespace {

constexpr absl::Duration kPart = absl::Minutes(6);

int64_t PartOf(Instant at) { return at.nanos() / absl::ToInt64Nanoseconds(kPart); }

}  // namespace

History::Ended EndedOf(absl::StatusCode code, Reason reason) {
  switch (reason) {
    case Reason::kOverloaded:
    case Reason::kQuotaExceeded:
    case Reason::kCallerNotAllowed:
    case Reason::kShuttingDown:
      return History::Ended::kRefused;
    default:
      break;
  }
  switch (code) {
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDataLoss:
      return History::Ended::kFailed;
    case absl::StatusCode::kFailedPrecondition: {
      const absl::string_view name = ReasonName(reason);
      const bool outside = absl::StartsWith(name, "UPSTREAM_") || absl::StartsWith(name, "EGRESS_");
      return outside ? History::Ended::kFailed : History::Ended::kWell;
    }
    default:
      return History::Ended::kWell;
  }
}

void CallCounts::Recent::MoveTo(int64_t now) {
  for (int64_t next = std::max(part + 1, now - kParts + 1); next <= now; ++next) {
    parts[static_cast<size_t>(next % kParts)] = {};
  }
  part = std::max(part, now);
}

CallCounts::Recent& CallCounts::RecentOf(absl::string_view caller, int64_t part) {
  const auto found = callers_.find(caller);
  if (found != callers_.end()) return found->second;
  // Within a part nobody more is gone.
  if (callers_.size() >= kMostCallers && swept_ < part) {
    swept_ = part;
    ++sweeps_;
    absl::erase_if(callers_,
                   [part](const auto& known) { return known.second.part <= part - kParts; });
  }
  Recent fresh;
  fresh.part = part;
  // One place is kept for the others.
  const bool full = callers_.size() + 1 >= kMostCallers;
  return callers_.try_emplace(std::string(full ? kOthers : caller), fresh).first->second;
}

void CallCounts::Ended(absl::string_view caller, absl::StatusCode code, Reason reason,
                       absl::Duration took, Instant now) {
  const History::Ended ended = EndedOf(code, reason);
  history_.Add(ended, took, now);
  const int64_t part = PartOf(now);
  std::lock_guard lock(mutex_);
  Recent& recent = RecentOf(caller, part);
  recent.MoveTo(part);
  ++recent.parts[static_cast<size_t>(part % kParts)][static_cast<size_t>(ended)];
}

int64_t CallCounts::sweeps() const {
  std::lock_guard lock(mutex_);
  return sweeps_;
}

std::vector<CallCounts::Caller> CallCounts::Callers() const {
  std::vector<Caller> callers;
  {
    const int64_t part = PartOf(clock_.Now());
    std::lock_guard lock(mutex_);
    for (const auto& [name, known] : callers_) {
      Recent recent = known;
      recent.MoveTo(part);
      Caller caller{name};
      for (const auto& counts : recent.parts) {
        for (size_t i = 0; i < counts.size(); ++i) caller.counts[i] += counts[i];
      }
      if (caller.total() > 0) callers.push_back(std::move(caller));
    }
  }
  std::sort(callers.begin(), callers.end(), [](const Caller& a, const Caller& b) {
    return std::make_tuple(-a.total(), std::cref(a.name)) <
           std::make_tuple(-b.total(), std::cref(b.name));
  });
  return callers;
}

}  // namespace gw::observe
