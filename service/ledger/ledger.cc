#include "service/ledger/ledger.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "service/base/failure.h"
#include "service/ledger/ledger_failures.h"
#include "service/ledger/operations.h"
#include "service/observe/log.h"

namespace gw::ledger {
namespace {

constexpr char kComponent[] = "ledger";
// Between tries while the store is away.
constexpr std::chrono::milliseconds kPause{250};

}  // namespace

template <typename Items>
Instant Ledger::Oldest(const Items& items) {
  Instant oldest = Instant::Never();
  for (const Item& item : items) oldest = std::min(oldest, item.since);
  return oldest;
}

Ledger::Ledger(Store& store, observe::Health& health, Options options)
    : store_(store),
      health_(health),
      options_(options),
      completions_(options.completions_on),
      reader_(store, completions_, options.max_queued) {
  health_.AddComponent(kComponent);
  thread_ = std::thread([this] { RunLoop(); });
}

Ledger::~Ledger() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void Ledger::Begin(Intent intent, Once<absl::StatusOr<Begun>> done) {
  Push({BeginWork{std::move(intent), {}}, false,
        [done = std::move(done)](const absl::Status& status, Work& work) mutable {
          if (!status.ok()) return std::move(done)(status);
          std::move(done)(std::move(std::get<BeginWork>(work).begun));
        }},
       true);
}

void Ledger::Settle(SettleWork work, Once<absl::StatusOr<SettleWork>> done) {
  Push({std::move(work), true,
        [done = std::move(done)](const absl::Status& status, Work& result) mutable {
          if (!status.ok()) return std::move(done)(status);
          std::move(done)(std::get<SettleWork>(result));
        }},
       false);
}

void Ledger::Do(std::function<void(Rows&)> run, Once<absl::Status> done) {
  Push({OtherWork{std::move(run)}, false,
        [done = std::move(done)](const absl::Status& status, Work&) mutable {
          std::move(done)(status);
        }},
       true);
}

void Ledger::Owe(std::string name, std::function<void(Rows&)> run, Once<absl::Status> done) {
  Item item{OtherWork{std::move(run)}, true,
            [done = std::move(done)](const absl::Status& status, Work&) mutable {
              std::move(done)(status);
            }};
  item.name = std::move(name);
  Push(std::move(item), false);
}

void Ledger::Read(std::function<void(Rows&)> run, Once<absl::Status> done) {
  reader_.Read(std::move(run), std::move(done));
}

void Ledger::Push(Item item, bool bounded) {
  if (options_.clock != nullptr) item.since = options_.clock->Now();
  {
    std::lock_guard lock(mutex_);
    if (!bounded || bounded_ < options_.max_queued) {
      bounded_ += item.must ? 0 : 1;
      queue_.push_back(std::move(item));
      work_.notify_one();
      return;
    }
  }
  item.done(LedgerOverloaded(), item.work);
}

void Ledger::RunLoop() {
  while (true) {
    std::vector<Item> group = TakeGroup();
    if (group.empty()) {
      std::unique_lock lock(mutex_);
      if (stopping_ && queue_.empty()) return;
      if (!away_) continue;
      lock.unlock();
      group.push_back({OtherWork{[](Rows& rows) { rows.Touch(); }}, false, {}});
    }
    RunGroup(std::move(group));
  }
}

std::vector<Ledger::Item> Ledger::TakeGroup() {
  std::unique_lock lock(mutex_);
  const auto something = [this] { return stopping_ || !queue_.empty(); };
  if (away_ || !owed_.empty()) {
    work_.wait_for(lock, kPause, something);
  } else {
    work_.wait(lock, something);
  }
  std::vector<Item> group;
  // All that is owed, before anything new: what was taken back must not be found as it was.
  std::move(owed_.begin(), owed_.end(), std::back_inserter(group));
  owed_.clear();
  while (!queue_.empty() && (group.empty() || group.size() < options_.max_group)) {
    bounded_ -= queue_.front().must ? 0 : 1;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  running_ = group.size();
  running_since_ = Oldest(group);
  last_try_ = stopping_;
  return group;
}

std::optional<StoreFailure> Ledger::RunItems(std::vector<Item>& group) {
  std::vector<Work> works;
  works.reserve(group.size());
  for (Item& item : group) works.push_back(std::move(item.work));
  for (Work& work : works) {
    if (auto* begin = std::get_if<BeginWork>(&work)) begin->intent.owner = store_.OwnerId();
  }
  std::optional<StoreFailure> failure = store_.Run(absl::MakeSpan(works));
  for (size_t i = 0; i < group.size(); ++i) group[i].work = std::move(works[i]);
  return failure;
}

void Ledger::RunGroup(std::vector<Item> group) {
  const std::optional<StoreFailure> failure = RunItems(group);
  if (failure && !failure->store_is_away && group.size() > 1) {
    for (Item& item : group) {
      std::vector<Item> alone;
      alone.push_back(std::move(item));
      RunGroup(std::move(alone));
    }
    return;
  }
  if (failure) return OnFailure(std::move(group), *failure);
  SetWell(nullptr);
  int64_t contradictions = 0;
  for (const Item& item : group) {
    const auto* settle = std::get_if<SettleWork>(&item.work);
    if (settle != nullptr && settle->settled == Settled::kContradiction) ++contradictions;
  }
  {
    std::lock_guard lock(mutex_);
    ++commits_;
    works_ += static_cast<int64_t>(group.size());
    contradictions_ += contradictions;
    running_ -= std::min(running_, group.size());
  }
  for (Item& item : group) Tell(item, absl::OkStatus());
  idle_.notify_all();
}

void Ledger::Tell(Item& item, const absl::Status& status) {
  if (!item.done) return;
  completions_.Run([done = std::exchange(item.done, nullptr), status,
                    work = std::move(item.work)]() mutable { done(status, work); });
}

void Ledger::OnFailure(std::vector<Item> group, const StoreFailure& failure) {
  if (failure.store_is_away) {
    SetWell(&failure);
  } else {
    observe::Log(observe::LogLevel::kError, "ledger_refused", {{"problem", failure.what}});
  }
  std::vector<Item> told, kept;
  for (Item& item : group) {
    told.push_back({OtherWork(), false, std::exchange(item.done, nullptr), item.since});
    if (item.must) {
      kept.push_back(std::move(item));
      continue;
    }
    const auto* begin = std::get_if<BeginWork>(&item.work);
    if (begin == nullptr || !failure.perhaps_done) continue;
    const bool in_doubt = begin->intent.kind == Intent::Kind::kResend;
    kept.push_back({OtherWork{[key = begin->intent.key, owner = begin->intent.owner,
                               in_doubt](Rows& rows) { TakeBack(rows, key, owner, in_doubt); }},
                    true,
                    {},
                    item.since});
  }
  {
    std::lock_guard lock(mutex_);
    running_ -= std::min(running_, group.size());
    // Once more, also for what failed as the end came, was the promise.
    if (!last_try_) std::move(kept.begin(), kept.end(), std::back_inserter(owed_));
    DropRepeated();
    idle_.notify_all();
  }
  for (Item& item : told) Tell(item, LedgerUnavailable());
}

void Ledger::DropRepeated() {
  absl::flat_hash_map<absl::string_view, Item*> last;
  for (auto item = owed_.rbegin(); item != owed_.rend(); ++item) {
    if (item->name.empty()) continue;
    const auto [other, is_last] = last.try_emplace(item->name, &*item);
    if (is_last) continue;
    other->second->since = std::min(other->second->since, item->since);
    item->must = false;
  }
  last.clear();
  std::erase_if(owed_, [](const Item& item) { return !item.must; });
}

void Ledger::SetWell(const StoreFailure* failure) {
  bool was_away;
  {
    std::lock_guard lock(mutex_);
    was_away = std::exchange(away_, failure != nullptr);
  }
  if (failure != nullptr) {
    health_.SetComponent(kComponent, false, ReasonName(Reason::kLedgerUnavailable));
    if (!was_away) {
      observe::Log(observe::LogLevel::kError, "ledger_unavailable", {{"problem", failure->what}});
    }
  } else if (was_away) {
    health_.SetComponent(kComponent, true, "");
    observe::Log(observe::LogLevel::kInfo, "ledger_available");
  }
}

bool Ledger::busy() const {
  std::lock_guard lock(mutex_);
  return !queue_.empty() || !owed_.empty() || running_ != 0;
}

bool Ledger::Flush(absl::Duration patience) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, absl::ToChronoMilliseconds(patience),
                        [this] { return queue_.empty() && owed_.empty() && running_ == 0; });
}

int64_t Ledger::queued() const {
  std::lock_guard lock(mutex_);
  return static_cast<int64_t>(queue_.size());
}

int64_t Ledger::owed() const {
  std::lock_guard lock(mutex_);
  return static_cast<int64_t>(owed_.size());
}

absl::Duration Ledger::lag() const {
  std::lock_guard lock(mutex_);
  Instant oldest = Oldest(owed_);
  if (!queue_.empty()) oldest = std::min(oldest, queue_.front().since);
  if (running_ != 0) oldest = std::min(oldest, running_since_);
  if (options_.clock == nullptr || oldest == Instant::Never()) return absl::ZeroDuration();
  return std::max(options_.clock->Now() - oldest, absl::ZeroDuration());
}

int64_t Ledger::commits() const {
  std::lock_guard lock(mutex_);
  return commits_;
}

int64_t Ledger::works() const {
  std::lock_guard lock(mutex_);
  return works_;
}

int64_t Ledger::contradictions() const {
  std::lock_guard lock(mutex_);
  return contradictions_;
}

}  // namespace gw::ledger
