#include "service/concero/report_watches.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "service/base/failure.h"

namespace gw::concero {
namespace {

using ::concero::v1::Report;

// Whether it is worth while to ask again for a report that was never there.
bool MayPass(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kResourceExhausted ||
         code == absl::StatusCode::kDeadlineExceeded;
}

constexpr double kLongestGrowth = 4;
constexpr double kGrowth = 0.25;

}  // namespace

bool IsFinal(const Report& report) {
  return report.has_end_time() && !report.upstream_status().empty();
}

struct ReportWatches::Watching::Entry {
  std::weak_ptr<State> watches;
  std::shared_ptr<Poll> poll;
  std::optional<absl::Duration> interval;
  std::function<void()> changed;
};

// Of one invitation. Under the lock.
struct ReportWatches::Poll {
  int64_t invite_id = 0;
  std::set<std::shared_ptr<Watching::Entry>> entries;
  ReportPtr report;
  std::optional<absl::Status> ended;
  int unchanged = 0;  // answers, in a row
  int failures = 0;   // likewise
  std::optional<absl::Duration> retry_delay;
  Instant answered;
  Timer::Id timer = 0;  // of the next request; 0: one is under way
  bool joined = false;  // by somebody who has had no answer of it yet
};

struct ReportWatches::State : std::enable_shared_from_this<State> {
  using PollPtr = std::shared_ptr<Poll>;
  using Answer = absl::StatusOr<Report>;

  State(Fetch f, Clock& c, Timer& t, Random& r, absl::Duration min)
      : fetch(std::move(f)), clock(c), timer(t), random(r), min_interval(min) {}

  // Too old for who comes new, unless there is nothing newer.
  bool IsOld(const Poll& poll) {
    return poll.failures > 0 || clock.Now() - poll.answered > min_interval;
  }

  absl::Duration Interval(const Poll& poll) {
    if (poll.joined) {
      const bool failed = poll.failures > 0;
      return std::max(min_interval,
                      failed ? poll.retry_delay.value_or(min_interval) : min_interval);
    }
    std::optional<absl::Duration> asked;
    for (const auto& entry : poll.entries) {
      if (entry->interval) asked = std::min(asked.value_or(*entry->interval), *entry->interval);
    }
    absl::Duration interval = std::max(min_interval, asked.value_or(min_interval));
    if (!asked) interval *= std::min(1 + kGrowth * poll.unchanged, kLongestGrowth);
    if (poll.failures > 0) {
      const absl::Duration longest = std::max(interval, kLongestPause);
      interval = std::min(longest, interval * (1 << std::min(poll.failures, 20)));
      interval = std::max(interval, poll.retry_delay.value_or(interval));
    }
    const double tenth = 0.1 * static_cast<double>(random.Next() >> 11) / (1LL << 53);
    return interval * (1 + tenth);
  }

  void Plan(const PollPtr& poll) {
    poll->timer = timer.Schedule(poll->answered + Interval(*poll),
                                 [weak = weak_from_this(), still = std::weak_ptr(poll)] {
                                   const auto self = weak.lock();
                                   const auto due = still.lock();
                                   if (self != nullptr && due != nullptr) self->OnDue(due);
                                 });
  }

  void OnDue(const PollPtr& poll) {
    {
      std::lock_guard lock(mutex);
      if (poll->entries.empty()) return;
      poll->timer = 0;
      poll->joined = false;
    }
    Ask(poll);
  }

  void Ask(const PollPtr& poll) {
    fetch(poll->invite_id, [weak = weak_from_this(), poll](Answer answer) {
      if (const auto self = weak.lock()) self->OnAnswer(poll, std::move(answer));
    });
  }

  void OnAnswer(const PollPtr& poll, Answer answer) {
    std::vector<std::shared_ptr<Watching::Entry>> told;
    {
      std::lock_guard lock(mutex);
      poll->answered = clock.Now();
      const bool news =
          answer.ok() ? TakeReport(*poll, *std::move(answer)) : TakeFailure(*poll, answer.status());
      if (poll->ended || poll->entries.empty()) {
        polls.erase(poll->invite_id);
      } else {
        Plan(poll);
      }
      if (news) told.assign(poll->entries.begin(), poll->entries.end());
    }
    for (const auto& entry : told) entry->changed();
  }

  // Both: whether there is something to tell.
  bool TakeReport(Poll& poll, Report report) {
    poll.failures = 0;
    const bool same = poll.report != nullptr &&
                      google::protobuf::util::MessageDifferencer::Equals(*poll.report, report);
    poll.unchanged = same ? poll.unchanged + 1 : 0;
    if (same) return false;
    if (IsFinal(report)) poll.ended = absl::OkStatus();
    poll.report = std::make_shared<const Report>(std::move(report));
    return true;
  }
  bool TakeFailure(Poll& poll, const absl::Status& status) {
    ++poll.failures;
    poll.retry_delay = GetFailure(status).retry_delay;
    const bool ends = poll.report == nullptr ? !MayPass(status.code())
                                             : status.code() == absl::StatusCode::kNotFound;
    if (ends) poll.ended = status;
    return ends;
  }

  const Fetch fetch;
  Clock& clock;
  Timer& timer;
  Random& random;
  const absl::Duration min_interval;
  std::mutex mutex;
  std::map<int64_t, PollPtr> polls;
};

ReportWatches::ReportWatches(Fetch fetch, Clock& clock, Timer& timer, Random& random,
                             absl::Duration min_interval)
    : state_(std::make_shared<State>(std::move(fetch), clock, timer, random, min_interval)) {}

ReportWatches::~ReportWatches() = default;

ReportWatches::Watching::Watching(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}

ReportWatches::Watching::~Watching() {
  const auto watches = entry_->watches.lock();
  if (watches == nullptr) return;
  std::lock_guard lock(watches->mutex);
  Poll& poll = *entry_->poll;
  poll.entries.erase(entry_);
  // The answer that is awaited may be of use to who comes until then.
  if (!poll.entries.empty() || poll.ended || poll.timer == 0) return;
  watches->timer.Cancel(poll.timer);
  watches->polls.erase(poll.invite_id);
}

ReportPtr ReportWatches::Watching::report() const {
  const auto watches = entry_->watches.lock();
  if (watches == nullptr) return nullptr;
  std::lock_guard lock(watches->mutex);
  return entry_->poll->report;
}

std::optional<absl::Status> ReportWatches::Watching::ended() const {
  const auto watches = entry_->watches.lock();
  if (watches == nullptr) return std::nullopt;
  std::lock_guard lock(watches->mutex);
  return entry_->poll->ended;
}

std::unique_ptr<ReportWatches::Watching> ReportWatches::Watch(
    int64_t invite_id, std::optional<absl::Duration> interval, std::function<void()> changed) {
  auto entry = std::make_shared<Watching::Entry>();
  entry->watches = state_;
  entry->interval = interval;
  entry->changed = std::move(changed);
  bool first;
  {
    std::lock_guard lock(state_->mutex);
    std::shared_ptr<Poll>& poll = state_->polls[invite_id];
    first = poll == nullptr;
    if (first) {
      poll = std::make_shared<Poll>();
      poll->invite_id = invite_id;
    }
    entry->poll = poll;
    poll->entries.insert(entry);
    // Sooner perhaps than planned.
    if (poll->timer != 0 && !poll->joined && state_->timer.Cancel(poll->timer)) {
      poll->joined = state_->IsOld(*poll);
      state_->Plan(poll);
    }
  }
  if (first) state_->Ask(entry->poll);
  return std::unique_ptr<Watching>(new Watching(std::move(entry)));
}

size_t ReportWatches::polls() const {
  std::lock_guard lock(state_->mutex);
  return state_->polls.size();
}

}  // namespace gw::concero
