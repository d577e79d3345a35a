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
    if (!ok) return Later([origin](Core& core) { core.Load(origin); });
    if (saved) {
      // What was fetched since the start is of no earlier process, however late it is read. But a
      // time to come is one of a clock that was wrong, and says nothing.
      const bool since_start = saved->fetch_time >= started && saved->fetch_time <= clock.WallNow();
      const bool earlier = origin == Origin::kEarlierProcess && !since_start;
      Adopt(*saved, earlier ? origin : Origin::kOtherReplica);
    }
    {
      std::lock_guard lock(mutex);
      restored = true;
      changed.notify_all();
      loading = std::exchange(load_again, false);
      if (!loading) return;
    }
    UnlessGone([](Core& core) { core.Load(Origin::kOtherReplica); });
  }

  // Another replica has saved one. That of an earlier process is to be known as such before.
  void LoadOther() {
    {
      std::lock_guard lock(mutex);
      if (std::exchange(loading, true)) {
        load_again = true;
        return;
      }
    }
    Load(Origin::kOtherReplica);
  }

  // With no lock held: whoever watches the list is told.
  void Adopt(const ledger::SavedList& saved, Origin origin) {
    ::concero::v1::ListExaminationsResponse list;
    if (!list.ParseFromString(saved.bytes)) return;
    UnlessGone([&](Core& core) {
      core.cache->Adopt({list.examinations().begin(), list.examinations().end()}, saved.fetch_time,
                        origin);
    });
  }

  void Save(ledger::SavedList list) {
    {
      std::lock_guard lock(mutex);
      unsaved = std::make_shared<const ledger::SavedList>(std::move(list));
      if (std::exchange(saving, true)) return;  // it is next
    }
    SaveLatest();
  }

  void SaveLatest() {
    std::shared_ptr<const ledger::SavedList> list;
    {
      std::lock_guard lock(mutex);
      list = unsaved;
    }
    ledger.Do([list, url = base_url](ledger::Rows& rows) { rows.SaveList(url, *list); },
              [self = shared_from_this(), list](const absl::Status& status) {
                self->OnSaved(status.ok(), list);
              });
  }

  void OnSaved(bool ok, const std::shared_ptr<const ledger::SavedList>& list) {
    if (!ok) return Later([](Core& core) { core.SaveLatest(); });
    {
      std::lock_guard lock(mutex);
      saving = unsaved != list;
      if (!saving) unsaved = nullptr;
      if (!saving) return;
    }
    UnlessGone([](Core& core) { core.SaveLatest(); });
  }

  template <class Again>
  void Later(Again again) {
    timer.Schedule(clock.Now() + kBetweenTries, [weak = weak_from_this(), again] {
      if (const auto self = weak.lock()) self->UnlessGone(again);
    });
  }

  // While it runs nobody goes whom it may use.
  template <class Run>
  void UnlessGone(Run run) {
    {
      std::lock_guard lock(mutex);
      if (cache == nullptr) return;
      ++running;
    }
    run(*this);
    std::lock_guard lock(mutex);
    --running;
    changed.notify_all();
  }

  ledger::Ledger& ledger;
  ExaminationCache* cache;  // null: gone
  Timer& timer;
  Clock& clock;
  const std::string base_url;
  const absl::Time started = clock.WallNow();
  std::mutex mutex;
  std::condition_variable changed;
  bool restored = false;
  bool loading = true;      // from the start on
  bool load_again = false;  // somebody saved one meanwhile
  bool saving = false;
  std::shared_ptr<const ledger::SavedList> unsaved;  // the latest; null: all is saved
  int running = 0;
};

SavedLists::SavedLists(ledger::Ledger& ledger, ExaminationCache& cache, Timer& timer, Clock& clock,
                       std::string base_url)
    : core_(std::make_shared<Core>(ledger, cache, timer, clock, std::move(base_url))) {
  core_->Load(Origin::kEarlierProcess);
}

SavedLists::~SavedLists() {
  std::unique_lock lock(core_->mutex);
  core_->cache = nullptr;
  core_->changed.wait(lock, [this] { return core_->running == 0; });
}

void SavedLists::Save(const concero::ExaminationList& list) {
  ::concero::v1::ListExaminationsResponse message;
  message.mutable_examinations()->Assign(list.examinations.begin(), list.examinations.end());
  core_->Save({list.fetch_time, message.SerializeAsString()});
}

void SavedLists::OnSaved(const std::string& base_url) {
  if (base_url == core_->base_url) core_->LoadOther();
}

void SavedLists::AwaitRestored(absl::Duration patience) {
  std::unique_lock lock(core_->mutex);
  core_->changed.wait_for(lock, absl::ToChronoMilliseconds(patience),
                          [this] { return core_->restored; });
}

}  // namespace gw::app
