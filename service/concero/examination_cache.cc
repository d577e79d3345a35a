#include "service/concero/examination_cache.h"

#include <algorithm>
#include <utility>

#include "service/base/failure.h"
#include "service/concero/client.h"
#include "service/http/upstream_status.h"

namespace gw::concero {
namespace {

using Result = absl::StatusOr<ExaminationCache::Answer>;

absl::Status StoppedWaiting(GaveUp why) {
  const auto kind =
      why == GaveUp::kDeadline ? http::ErrorKind::kDeadline : http::ErrorKind::kCancelled;
  return http::StatusOf(http::TransportError{kind, http::Phase::kNotConnected, ""}, Traits());
}

}  // namespace

struct ExaminationCache::State : std::enable_shared_from_this<State> {
  struct Waiter {
    std::optional<absl::Duration> max_staleness;
    std::shared_ptr<Patient<Result>> patient;
  };

  State(Fetch f, Clock& c, Timer& t, Options o, Listener on, KeptListener on_k)
      : fetch(std::move(f)),
        on_fetched(std::move(on)),
        on_kept(std::move(on_k)),
        clock(c),
        timer(t),
        options(o) {}

  // Under the lock. Whether the kept list will do for somebody who accepts `within` (and
  // `max_staleness`).
  bool Serves(absl::Duration within, const std::optional<absl::Duration>& max_staleness) const {
    if (kept == nullptr) return false;
    const absl::Duration age = clock.Now() - kept->fetched;
    return age < within && (!max_staleness || age < *max_staleness);
  }
  bool IsStale(const ExaminationList& list) const {
    return list.restored || clock.Now() - list.fetched >= options.ttl;
  }
  Answer Kept() const { return {kept, IsStale(*kept)}; }

  bool Paused() const { return clock.Now() < paused_until; }

  // Under the lock. Without waiting for Concero: fresh, or not too old to be served while it is
  // fetched, or Concero failed a moment ago.
  bool ServesAtOnce(const std::optional<absl::Duration>& max_staleness) const {
    return Serves(options.ttl + options.stale_while_revalidate, max_staleness) ||
           (Paused() && Serves(options.ttl + options.stale_if_error, max_staleness));
  }

  void Get(std::optional<absl::Duration> max_staleness, const rest::CallContext& context,
           Once<Result> done) {
    {
      std::unique_lock lock(mutex);
      if (ServesAtOnce(max_staleness)) {
        Answer answer = Kept();
        const bool refresh = answer.stale && !Paused() && !std::exchange(fetching, true);
        lock.unlock();
        std::move(done)(std::move(answer));
        if (refresh) StartFetch();
        return;
      }
    }
    auto patient = Patient<Result>::Wait(
        std::move(done), context.deadline, context.cancel, timer,
        [weak = weak_from_this(), max_staleness](GaveUp why) -> Result {
          const auto self = weak.lock();
          return self != nullptr ? self->StopWaiting(why, max_staleness) : StoppedWaiting(why);
        });
    {
      std::lock_guard lock(mutex);
      waiters.push_back({max_staleness, std::move(patient)});
      if (std::exchange(fetching, true)) return;
    }
    StartFetch();
  }

  void StartFetch() {
    fetch([weak = weak_from_this()](Fetched fetched) {
      if (const auto self = weak.lock()) self->OnFetched(std::move(fetched));
    });
  }

  // A deadline that passes while Concero hangs is a failure like another: the kept list is better
  // than none.
  Result StopWaiting(GaveUp why, const std::optional<absl::Duration>& max_staleness) {
    std::lock_guard lock(mutex);
    if (why == GaveUp::kDeadline && Serves(options.ttl + options.stale_if_error, max_staleness)) {
      return Kept();
    }
    return StoppedWaiting(why);
  }

  // The list as it is kept from now on. Not under the lock: it may be large. One that is adopted
  // meanwhile costs running pages their order, no more.
  ExaminationListPtr MakeList(std::vector<::concero::v1::Examination> examinations,
                              absl::Time fetch_time, bool restored) {
    std::string version = VersionOf(examinations);
    ExaminationListPtr before;
    {
      std::lock_guard lock(mutex);
      before = kept;
    }
    // The same content again is the same version, in the same order, so that running pages go on.
    if (before != nullptr && before->version == version) examinations = before->examinations;
    const absl::Duration age = std::max(absl::ZeroDuration(), clock.WallNow() - fetch_time);
    return MakeExaminationList(std::move(examinations), std::move(version), fetch_time,
                               clock.Now() - age, restored);
  }

  // As Rows::SaveList has it: what was fetched at a time to come counts as older.
  bool IsNewer(absl::Time fetch_time, absl::Time than) const {
    return fetch_time > than || (fetch_time < than && than > clock.WallNow());
  }

  // Under the lock.
  void Keep(ExaminationListPtr list) {
    if (kept != nullptr && kept->version != list->version) previous = kept;
    kept = std::move(list);
  }

  void Adopt(std::vector<::concero::v1::Examination> examinations, absl::Time fetch_time,
             Origin origin) {
    ExaminationListPtr list =
        MakeList(std::move(examinations), fetch_time, origin == Origin::kEarlierProcess);
    {
      std::lock_guard lock(mutex);
      if (kept != nullptr && !IsNewer(fetch_time, kept->fetch_time)) return;
      Keep(std::move(list));
    }
    if (on_kept) on_kept();
  }

  void OnFetched(Fetched fetched) {
    ExaminationListPtr list;
    if (fetched.ok()) list = MakeList(std::move(*fetched), clock.WallNow(), false);
    if (list != nullptr && on_fetched) on_fetched(list);
    std::vector<std::pair<std::shared_ptr<Patient<Result>>, Result>> answers;
    {
      std::lock_guard lock(mutex);
      fetching = false;
      if (list != nullptr) {
        Keep(std::move(list));
        paused_until = Instant();
      } else {
        paused_until = clock.Now() + kPauseAfterFailure;
      }
      const Answer answer = {kept, !fetched.ok()};
      for (Waiter& waiter : waiters) {
        const bool serves =
            fetched.ok() || Serves(options.ttl + options.stale_if_error, waiter.max_staleness);
        answers.emplace_back(std::move(waiter.patient),
                             serves ? Result(answer) : Result(fetched.status()));
      }
      waiters.clear();
    }
    for (auto& [patient, answer] : answers) patient->Complete(std::move(answer));
    if (fetched.ok() && on_kept) on_kept();
  }

  const Fetch fetch;
  const Listener on_fetched;
  const KeptListener on_kept;
  Clock& clock;
  Timer& timer;
  const Options options;
  mutable std::mutex mutex;
  ExaminationListPtr kept;
  ExaminationListPtr previous;
  bool fetching = false;
  Instant paused_until;
  std::vector<Waiter> waiters;
};

ExaminationCache::ExaminationCache(Fetch fetch, Clock& clock, Timer& timer, Options options,
                                   Listener on_fetched, KeptListener on_kept)
    : state_(std::make_shared<State>(std::move(fetch), clock, timer, options, std::move(on_fetched),
                                     std::move(on_kept))) {}

ExaminationCache::~ExaminationCache() {
  std::vector<State::Waiter> left;  // told outside the lock
  std::lock_guard lock(state_->mutex);
  left.swap(state_->waiters);
}

void ExaminationCache::Get(std::optional<absl::Duration> max_staleness,
                           const rest::CallContext& context, Once<absl::StatusOr<Answer>> done) {
  state_->Get(max_staleness, context, std::move(done));
}

void ExaminationCache::Adopt(std::vector<::concero::v1::Examination> examinations,
                             absl::Time fetch_time, Origin origin) {
  state_->Adopt(std::move(examinations), fetch_time, origin);
}

ExaminationListPtr ExaminationCache::Peek() const {
  std::lock_guard lock(state_->mutex);
  return state_->kept;
}

ExaminationListPtr ExaminationCache::OfVersion(const std::string& version) const {
  std::lock_guard lock(state_->mutex);
  for (const auto& list : {state_->kept, state_->previous}) {
    if (list != nullptr && list->version == version) return list;
  }
  return nullptr;
}

bool ExaminationCache::IsStale(const ExaminationList& list) const { return state_->IsStale(list); }

absl::Duration ExaminationCache::Age() const {
  std::lock_guard lock(state_->mutex);
  if (state_->kept == nullptr) return -absl::Seconds(1);
  return state_->clock.Now() - state_->kept->fetched;
}

}  // namespace gw::concero
