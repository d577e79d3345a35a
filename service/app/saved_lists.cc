#include "service/app/saved_lists.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "concero/v1/assessment.pb.h"

namespace gw::app {
namespace {

using concero::ExaminationCache;
using Origin = ExaminationCache::Origin;

constexpr absl::Duration kBetweenTries = absl::Seconds(1);

}  // namespace

struct SavedLists::Core : std::enable_shared_from_this<Core> {
  Core(ledger::Ledger& l, ExaminationCache& c, Timer& t, Clock& k, std::string url)
      : ledger(l), cache(&c), timer(t), clock(k), base_url(std::move(url)) {}

  void Load(Origin origin) {
    auto saved = std::make_shared<std::optional<ledger::SavedList>>();
    ledger.Do([saved, url = base_url](ledger::Rows& rows) { *saved = rows.LoadList(url); },
              [self = shared_from_this(), saved, origin](const absl::Status& status) {
                self->OnLoaded(status.ok(), *saved, origin);
              });
  }

  void OnLoaded(bool ok, const std::optional<ledger::SavedList>& saved, Origin origin) {
    if (ok && saved) Adopt(*saved, origin);
    std::lock_guard lock(mutex);
    if (origin != Origin::kEarlierProcess) return;
    if (ok) {
      restored = true;
      changed.notify_all();
      return;
    }
    timer.Schedule(clock.Now() + kBetweenTries, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self != nullptr && self->Wanted()) self->Load(Origin::kEarlierProcess);
    });
  }

  // With no lock held: whoever watches the list is told.
  void Adopt(const ledger::SavedList& saved, Origin origin) {
    ExaminationCache* adopts;
    {
      std::lock_guard lock(mutex);
      adopts = cache;
      if (adopts == nullptr) return;
      ++adopting;
    }
    ::concero::v1::ListExaminationsResponse list;
    if (list.ParseFromString(saved.bytes)) {
      adopts->Adopt({list.examinations().begin(), list.examinations().end()}, saved.fetch_time,
                    origin);
    }
    std::lock_guard lock(mutex);
    --adopting;
    changed.notify_all();
  }

  // A list that was fetched meanwhile is better than any that was kept.
  bool Wanted() {
    std::lock_guard lock(mutex);
    return cache != nullptr && cache->Peek() == nullptr;
  }

  ledger::Ledger& ledger;
  ExaminationCache* cache;  // null: gone
  Timer& timer;
  Clock& clock;
  const std::string base_url;
  std::mutex mutex;
  std::condition_variable changed;
  bool restored = false;
  int adopting = 0;
};

SavedLists::SavedLists(ledger::Ledger& ledger, ExaminationCache& cache, Timer& timer, Clock& clock,
                       std::string base_url)
    : core_(std::make_shared<Core>(ledger, cache, timer, clock, std::move(base_url))) {
  core_->Load(Origin::kEarlierProcess);
}

SavedLists::~SavedLists() {
  std::unique_lock lock(core_->mutex);
  core_->cache = nullptr;
  core_->changed.wait(lock, [this] { return core_->adopting == 0; });
}

void SavedLists::Save(const concero::ExaminationList& list) {
  ::concero::v1::ListExaminationsResponse message;
  message.mutable_examinations()->Assign(list.examinations.begin(), list.examinations.end());
  ledger::SavedList saved{list.fetch_time, message.SerializeAsString()};
  core_->ledger.Do([saved = std::move(saved),
                    url = core_->base_url](ledger::Rows& rows) { rows.SaveList(url, saved); },
                   [](const absl::Status&) {});
}

void SavedLists::OnSaved(const std::string& base_url) {
  if (base_url == core_->base_url) core_->Load(Origin::kOtherReplica);
}

void SavedLists::AwaitRestored(absl::Duration patience) {
  std::unique_lock lock(core_->mutex);
  core_->changed.wait_for(lock, absl::ToChronoMilliseconds(patience),
                          [this] { return core_->restored; });
}

}  // namespace gw::app
