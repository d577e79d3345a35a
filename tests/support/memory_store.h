// A ledger's store with a memory only, that does what a test tells it.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/clock.h"
#include "service/base/secret.h"
#include "service/ledger/email_key.h"
#include "service/ledger/operations.h"
#include "service/ledger/store.h"

namespace gw::testing {

struct MemoryTables {
  std::map<ledger::Key, ledger::Row> rows;
  std::map<int64_t, std::vector<ledger::Event>> events;
  std::map<std::string, ledger::SavedList, std::less<>> lists;
  std::set<std::string, std::less<>> living_owners;
  int64_t last_seq = 0;
};

/// Rows over tables. Thread safety: none.
class MemoryRows : public ledger::Rows {
 public:
  MemoryRows(MemoryTables& tables, Clock& clock) : tables_(tables), clock_(clock) {}

  absl::Time Now() override { return clock_.WallNow(); }
  const observe::KeyedHash& hash() override { return hash_; }

  std::optional<ledger::Row> Find(const ledger::Key& key) override {
    const auto found = tables_.rows.find(key);
    if (found == tables_.rows.end()) return std::nullopt;
    return found->second;
  }
  std::optional<ledger::Row> FindLike(absl::string_view caller, int64_t examination_id,
                                      absl::string_view email_key, absl::Time since) override {
    return First([&](const ledger::Row& row) {
      return row.key.caller == caller && row.examination_id == examination_id &&
             IsAbout(row, email_key) &&
             (row.state == ledger::State::kPending || row.state == ledger::State::kInDoubt ||
              (row.state == ledger::State::kSucceeded && row.update_time > since));
    });
  }
  std::vector<ledger::Row> FindByInvite(int64_t invite_id) override {
    return Where([&](const ledger::Row& row) { return row.invite_id == invite_id; });
  }
  bool Insert(ledger::Row& row) override {
    row.seq = tables_.last_seq + 1;
    const bool is_new = tables_.rows.try_emplace(row.key, row).second;
    if (is_new) ++tables_.last_seq;
    return is_new;
  }
  void Update(const ledger::Row& row) override { tables_.rows[row.key] = row; }
  void AddEvent(const ledger::Row& row, const ledger::Event& event) override {
    tables_.events[row.seq].push_back(event);
  }
  bool OwnerLives(absl::string_view owner) override {
    return tables_.living_owners.contains(owner);
  }
  std::vector<ledger::Event> Events(int64_t seq) override { return tables_.events[seq]; }
  std::vector<ledger::Row> List(const ledger::Filter& filter) override {
    auto rows = Where([&](const ledger::Row& row) {
      return (filter.caller.empty() || row.key.caller == filter.caller) &&
             (!filter.state || row.state == *filter.state) &&
             (filter.examination_id == 0 || row.examination_id == filter.examination_id) &&
             (filter.email_key.empty() || IsAbout(row, filter.email_key)) &&
             (filter.before_seq == 0 || row.seq < filter.before_seq);
    });
    if (rows.size() > static_cast<size_t>(filter.limit)) {
      rows.resize(static_cast<size_t>(filter.limit));
    }
    return rows;
  }
  std::vector<ledger::Row> FindForErasure(absl::string_view email) override {
    return Where([&](const ledger::Row& row) {
      return !row.erased() && absl::EqualsIgnoreCase(row.email_key, email);
    });
  }
  std::vector<ledger::Row> FindOrphans(int limit) override {
    auto rows = Where([&](const ledger::Row& row) {
      return row.state == ledger::State::kPending && !OwnerLives(row.owner);
    });
    if (rows.size() > static_cast<size_t>(limit)) rows.resize(static_cast<size_t>(limit));
    return rows;
  }
  int Prune(absl::Time before, int limit) override {
    int pruned = 0;
    for (const ledger::Row& row : Where([&](const ledger::Row& r) {
           return r.update_time < before && r.state != ledger::State::kPending &&
                  r.state != ledger::State::kInDoubt;
         })) {
      if (pruned == limit) break;
      tables_.rows.erase(row.key);
      tables_.events.erase(row.seq);
      ++pruned;
    }
    return pruned;
  }
  std::map<ledger::State, int64_t> Count() override {
    std::map<ledger::State, int64_t> counts;
    for (const ledger::State state : ledger::AllStates()) counts[state] = 0;
    for (const auto& [key, row] : tables_.rows) ++counts[row.state];
    return counts;
  }
  std::optional<ledger::SavedList> LoadList(absl::string_view base_url) override {
    const auto found = tables_.lists.find(base_url);
    if (found == tables_.lists.end()) return std::nullopt;
    return found->second;
  }
  void SaveList(absl::string_view base_url, const ledger::SavedList& list) override {
    ledger::SavedList& kept = tables_.lists[std::string(base_url)];
    if (kept.fetch_time < list.fetch_time || kept.fetch_time > Now()) kept = list;
  }

 private:
  bool IsAbout(const ledger::Row& row, absl::string_view email_key) const {
    return row.email_key == email_key || row.email_key == ledger::ErasedEmailKey(email_key, hash_);
  }
  // Newest first.
  std::vector<ledger::Row> Where(const std::function<bool(const ledger::Row&)>& is) {
    std::vector<ledger::Row> rows;
    for (const auto& [key, row] : tables_.rows) {
      if (is(row)) rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.seq > b.seq; });
    return rows;
  }
  std::optional<ledger::Row> First(const std::function<bool(const ledger::Row&)>& is) {
    const auto rows = Where(is);
    if (rows.empty()) return std::nullopt;
    return rows.front();
  }

  MemoryTables& tables_;
  Clock& clock_;
  const observe::KeyedHash hash_{Secret("a key of a test's")};
};

/// Thread safety: all functions may be called from any thread.
class MemoryStore : public ledger::Store {
 public:
  explicit MemoryStore(Clock& clock) : clock_(clock) { tables_.living_owners = {owner_}; }

  /// What Run does instead, from now on: nothing and fail, or (`and_yet`) all and fail.
  void FailWith(ledger::StoreFailure failure, bool and_yet = false) {
    std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
    and_yet_ = and_yet;
  }
  /// Groups with a work about this request_id are refused.
  void Refuse(const std::string& request_id) {
    std::lock_guard lock(mutex_);
    refused_ = request_id;
  }
  void Recover() {
    std::lock_guard lock(mutex_);
    failure_.reset();
    refused_.clear();
  }

  /// Runs wait, as for a slow disk, until LetGo.
  void Hold() {
    std::lock_guard lock(mutex_);
    held_ = true;
  }
  /// Waits until one does.
  void WaitForHeld() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }
  void LetGo() {
    std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

  /// As the store of a process that was paused for longer than its lease.
  void LoseOwnership() {
    std::lock_guard lock(mutex_);
    owns_ = false;
  }

  /// For how long it was last asked whether it owns.
  absl::Duration asked_span() const {
    std::lock_guard lock(mutex_);
    return asked_span_;
  }

  /// What another replica does, or a test looks at.
  void With(const std::function<void(ledger::Rows&)>& run) {
    std::lock_guard lock(mutex_);
    MemoryRows rows(tables_, clock_);
    run(rows);
  }
  /// Whether another process has a lease.
  void OwnerLives(const std::string& owner, bool lives) {
    std::lock_guard lock(mutex_);
    if (lives) {
      tables_.living_owners.insert(owner);
    } else {
      tables_.living_owners.erase(owner);
    }
  }

  /// The groups that were run, failed ones too: `begin a`, `settle a`, `other`, separated by
  /// commas.
  std::vector<std::string> groups() const {
    std::lock_guard lock(mutex_);
    return groups_;
  }

  std::optional<ledger::StoreFailure> Run(absl::Span<ledger::Work> works) override {
    std::unique_lock lock(mutex_);
    waiting_ = held_;
    if (held_) changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    waiting_ = false;
    std::string group;
    bool refused = false;
    for (const ledger::Work& work : works) {
      absl::StrAppend(&group, group.empty() ? "" : ", ", NameOf(work));
      refused |= !refused_.empty() && absl::EndsWith(NameOf(work), absl::StrCat(" ", refused_));
    }
    groups_.push_back(group);
    if (refused) return ledger::StoreFailure{"refused", false, false};
    if (failure_ && !and_yet_) return failure_;
    MemoryRows rows(tables_, clock_);
    for (ledger::Work& work : works) RunOne(rows, work);
    return failure_;
  }
  std::string OwnerId() override { return owner_; }
  bool OwnsFor(const std::string& owner, absl::Duration span) override {
    std::lock_guard lock(mutex_);
    asked_span_ = span;
    return owns_ && owner == owner_;
  }
  void Release() override {}

 private:
  static std::string NameOf(const ledger::Work& work) {
    if (const auto* begin = std::get_if<ledger::BeginWork>(&work)) {
      return absl::StrCat("begin ", begin->intent.key.request_id);
    }
    if (const auto* settle = std::get_if<ledger::SettleWork>(&work)) {
      return absl::StrCat("settle ", settle->key.request_id);
    }
    return "other";
  }
  static void RunOne(ledger::Rows& rows, ledger::Work& work) {
    if (auto* begin = std::get_if<ledger::BeginWork>(&work)) {
      begin->begun = ledger::Begin(rows, begin->intent);
    } else if (auto* settle = std::get_if<ledger::SettleWork>(&work)) {
      ledger::SettleRow(rows, *settle);
    } else {
      std::get<ledger::OtherWork>(work).run(rows);
    }
  }

  Clock& clock_;
  const std::string owner_ = "this gateway";
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  MemoryTables tables_;
  std::optional<ledger::StoreFailure> failure_;
  bool and_yet_ = false;
  std::string refused_;
  bool held_ = false, waiting_ = false, owns_ = true;
  absl::Duration asked_span_;
  std::vector<std::string> groups_;
};

}  // namespace gw::testing
