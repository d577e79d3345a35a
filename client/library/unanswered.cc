#include "client/library/unanswered.h"

#include <algorithm>

#include "client/library/backoff.h"
#include "concero_gateway/failure.h"

namespace concero {
namespace {

// Of an item: a repeat would be answered otherwise. What gRPC makes is never an item's result.
bool AsksForRepeat(const absl::Status& status) {
  const bool by_code = absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
                       ReasonOf(status) == gateway::v1::REASON_ALLOCATION_IN_PROGRESS;
  return by_code && IsSafeToRetry(status);
}

}  // namespace

void Unanswered::Add(const Intent& intent) {
  items_.emplace(++last_, Item{intent});
  due_.insert(last_);
}

std::optional<std::pair<uint64_t, Intent>> Unanswered::TakeDue(Moment now) {
  while (!later_.empty() && later_.begin()->first <= now) {
    due_.insert(later_.begin()->second);
    later_.erase(later_.begin());
  }
  if (due_.empty()) return std::nullopt;
  const uint64_t number = *due_.begin();
  due_.erase(due_.begin());
  Item& item = items_.at(number);
  item.sent = true;
  return std::pair(number, item.intent);
}

std::optional<Moment> Unanswered::NextDue() const {
  if (later_.empty()) return std::nullopt;
  return later_.begin()->first;
}

std::optional<Unanswered::Answered> Unanswered::Answer(
    uint64_t number, absl::StatusOr<v1::AllocateCandidateResponse> result, Moment now) {
  const auto found = items_.find(number);
  if (found == items_.end() || !found->second.sent) return std::nullopt;
  Item& item = found->second;
  if (!result.ok() && AsksForRepeat(result.status()) && ++item.attempts < attempts_) {
    const absl::Duration delay =
        RetryDelayOf(result.status()).value_or(Backoff(item.attempts, random_()));
    item.sent = false;
    later_.emplace(now + absl::ToChronoNanoseconds(delay), number);
    return std::nullopt;
  }
  Answered answered{item.intent, std::move(result)};
  items_.erase(found);
  return answered;
}

void Unanswered::ResendAll() {
  for (auto& [number, item] : items_) {
    if (!item.sent) continue;
    item.sent = false;
    due_.insert(number);
  }
}

std::vector<Intent> Unanswered::TakeAll() {
  std::vector<Intent> all;
  for (const auto& [number, item] : items_) all.push_back(item.intent);
  items_.clear();
  due_.clear();
  later_.clear();
  return all;
}

}  // namespace concero
