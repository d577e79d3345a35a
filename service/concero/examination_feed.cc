#include "service/concero/examination_feed.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gw::concero {
namespace {

constexpr absl::Duration kFirstPause = absl::Seconds(1);
constexpr absl::Duration kNeverFresh = absl::Seconds(1);

}  // namespace

struct ExaminationFeed::Watching::Entry {
  std::weak_ptr<State> feed;
  std::function<void()> changed;
};

struct ExaminationFeed::State : std::enable_shared_from_this<State> {
  using EntryPtr = std::shared_ptr<Watching::Entry>;

  State(ExaminationCache& ca, Clock& cl, Timer& t, Random& r, Options o)
      : cache(ca), clock(cl), timer(t), random(r), options(o) {
    options.ttl = options.ttl == absl::ZeroDuration() ? kNeverFresh : std::max(options.ttl, kOften);
  }

  // `share` of it at the most.
  absl::Duration Some(absl::Duration of, double share) {
    return of * (share * static_cast<double>(random.Next() >> 11) / static_cast<double>(1LL << 53));
  }

  // Under the lock. When to look next.
  Instant Due() {
    const ExaminationListPtr list = cache.Peek();
    const Instant now = clock.Now();
    if (failures > 0) {
      const absl::Duration longest = std::max(options.ttl, kFirstPause);
      const absl::Duration pause =
          std::min(longest, kFirstPause * (1 << std::min(failures - 1, 20)));
      return now + pause - Some(pause, 0.5);
    }
    if (list == nullptr || list->restored) return now;
    return std::max(now, list->fetched + options.ttl + Some(options.ttl, 0.1));
  }

  // Under the lock.
  void Plan() {
    if (entries.empty() || looping) return;
    looping = true;
    timer.Schedule(Due(), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Look();
    });
  }

  void Look() {
    {
      std::lock_guard lock(mutex);
      const ExaminationListPtr list = cache.Peek();
      const bool fresh =
          list != nullptr && !list->restored && clock.Now() - list->fetched < options.ttl;
      if (entries.empty() || fresh) {
        looping = false;
        failures = 0;
        return Plan();
      }
    }
    cache.Get(absl::ZeroDuration(), {Instant::Never(), {}, nullptr},
              [weak = weak_from_this()](const auto& answer) {
                if (const auto self = weak.lock()) self->OnFetched(answer.ok());
              });
  }

  void OnFetched(bool ok) {
    std::lock_guard lock(mutex);
    looping = false;
    failures = ok ? 0 : failures + 1;
    Plan();
  }

  void Tell() {
    std::vector<EntryPtr> told;
    {
      std::lock_guard lock(mutex);
      told.assign(entries.begin(), entries.end());
    }
    ForgetUpdates();
    for (const EntryPtr& entry : told) entry->changed();
  }

  // Those for a list that is not kept any more.
  void ForgetUpdates() {
    const ExaminationListPtr list = cache.Peek();
    std::lock_guard lock(updates_mutex);
    std::erase_if(updates, [&](const auto& made) { return made.second.to != list; });
  }

  ExaminationCache& cache;
  Clock& clock;
  Timer& timer;
  Random& random;
  Options options;
  mutable std::mutex mutex;
  std::set<EntryPtr> entries;
  bool looping = false;  // a look is planned, or a fetch under way
  int failures = 0;      // of fetches, in a row
  std::mutex updates_mutex;
  struct Made {
    ExaminationListPtr to;
    std::shared_ptr<const ListUpdate> update;
  };
  // By the version that they are from.
  std::map<std::string, Made> updates;
};

ExaminationFeed::ExaminationFeed(ExaminationCache& cache, Clock& clock, Timer& timer,
                                 Random& random, Options options)
    : state_(std::make_shared<State>(cache, clock, timer, random, options)) {}

ExaminationFeed::~ExaminationFeed() = default;

ExaminationFeed::Watching::~Watching() {
  const auto feed = entry_->feed.lock();
  if (feed == nullptr) return;
  std::lock_guard lock(feed->mutex);
  feed->entries.erase(entry_);
}

std::unique_ptr<ExaminationFeed::Watching> ExaminationFeed::Watch(std::function<void()> changed) {
  auto entry = std::make_shared<Watching::Entry>();
  entry->feed = state_;
  entry->changed = std::move(changed);
  std::lock_guard lock(state_->mutex);
  state_->entries.insert(entry);
  state_->Plan();
  return std::unique_ptr<Watching>(new Watching(std::move(entry)));
}

ExaminationListPtr ExaminationFeed::Current() const {
  ExaminationListPtr list = state_->cache.Peek();
  const bool counts =
      list != nullptr && state_->clock.Now() - list->fetched < state_->options.oldest;
  return counts ? list : nullptr;
}

std::shared_ptr<const ListUpdate> ExaminationFeed::Update(const ExaminationListPtr& from,
                                                          const ExaminationListPtr& to) {
  std::lock_guard lock(state_->updates_mutex);
  State::Made& made = state_->updates[from == nullptr ? "" : from->version];
  // Of the list itself, not of its version: an update says when that list was fetched.
  if (made.to != to) {
    made = {to, std::make_shared<ListUpdate>(from == nullptr ? MakeSnapshot(*to)
                                                             : MakeChange(*from, *to))};
  }
  return made.update;
}

void ExaminationFeed::OnKept() { state_->Tell(); }

size_t ExaminationFeed::watchers() const {
  std::lock_guard lock(state_->mutex);
  return state_->entries.size();
}

}  // namespace gw::concero
