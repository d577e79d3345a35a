#include "service/rest/preflights.h"

#include <algorithm>
#include <atomic>
#include <stop_token>
#include <utility>

#include "service/base/failure.h"
#include "service/base/patient.h"
#include "service/rest/preflight_judge.h"

namespace gw::rest {
namespace {

// Of the most patient caller's time, so that a round that takes all of it is still told.
constexpr absl::Duration kTimeToTell = absl::Milliseconds(200);

using Answer = absl::StatusOr<Preflights::Results>;

Answer Stopping() {
  return MakeFailure(absl::StatusCode::kUnavailable, "this gateway is stopping",
                     {Reason::kShuttingDown, {}, {}, {}});
}

Answer GivenUp(GaveUp why) {
  if (why == GaveUp::kCancelled) return absl::CancelledError("cancelled by the caller");
  return absl::DeadlineExceededError("deadline passed before the preflight was over");
}

}  // namespace

struct Preflights::Waiter {
  std::vector<std::string> upstreams;  // empty: all
  Instant deadline;
  std::shared_ptr<Patient<Answer>> patient;

  bool Wants(const std::string& upstream) const {
    return upstreams.empty() ||
           std::find(upstreams.begin(), upstreams.end(), upstream) != upstreams.end();
  }
};

struct Preflights::Round {
  struct Part {
    const PreflightTarget* target;
    UpstreamSeen seen;
  };
  std::vector<Waiter> waiters;
  std::vector<Part> parts;
  EchoSeen echo;
  Instant deadline;
  std::stop_source stop;
  std::atomic<size_t> left{0};  // of the parts and the echo
};

Preflights::Preflights(std::vector<PreflightTarget> targets,
                       std::optional<http::UpstreamOptions> echo, const PreflightTools& tools)
    : targets_(std::move(targets)),
      echo_(std::move(echo)),
      tools_(tools),
      pool_(targets_.size() + 1) {}

Preflights::~Preflights() { Stop(); }

bool Preflights::Has(absl::string_view upstream) const {
  return std::any_of(targets_.begin(), targets_.end(),
                     [&](const PreflightTarget& target) { return target.name == upstream; });
}

void Preflights::Run(std::vector<std::string> upstreams, const CallContext& context,
                     Once<Answer> done) {
  Waiter waiter{std::move(upstreams), context.deadline,
                Patient<Answer>::Wait(std::move(done), context.deadline, context.cancel,
                                      tools_.timer, &GivenUp)};
  const auto patient = waiter.patient;
  {
    std::lock_guard lock(mutex_);
    if (!stopped_) {
      next_.push_back(std::move(waiter));
      return BeginNext();
    }
  }
  patient->Complete(Stopping());
}

// Under the lock. Unless one runs, or nobody waits.
void Preflights::BeginNext() {
  if (running_ != nullptr || stopped_) return;
  auto round = std::make_shared<Round>();
  for (Waiter& waiter : next_) {
    if (!waiter.patient->ended()) round->waiters.push_back(std::move(waiter));
  }
  next_.clear();
  if (round->waiters.empty()) return;

  Instant patience = Instant::FromNanos(0);
  for (const Waiter& waiter : round->waiters) patience = std::max(patience, waiter.deadline);
  round->deadline = std::min(patience - kTimeToTell, tools_.clock.Now() + kLongest);
  for (const PreflightTarget& target : targets_) {
    const bool wanted = std::any_of(round->waiters.begin(), round->waiters.end(),
                                    [&](const Waiter& w) { return w.Wants(target.name); });
    if (wanted) round->parts.push_back({&target, {}});
  }
  round->left = round->parts.size() + 1;
  running_ = round;

  const PreflightLimit limit{round->deadline, round->stop.get_token()};
  for (Round::Part& part : round->parts) {
    pool_.Submit([this, round, limit, &part] {
      part.seen = LookAt(*part.target, tools_, limit);
      PartDone(round);
    });
  }
  pool_.Submit([this, round, limit] {
    round->echo = AskEcho(echo_, tools_, limit);
    PartDone(round);
  });
}

void Preflights::PartDone(const std::shared_ptr<Round>& round) {
  if (--round->left > 0) return;
  Results all;
  const absl::Time now = tools_.clock.WallNow();
  for (const Round::Part& part : round->parts) {
    all.push_back(Judge(*part.target, part.seen, round->echo, now));
  }
  {
    std::lock_guard lock(mutex_);
    running_ = nullptr;
    BeginNext();
  }
  for (const Waiter& waiter : round->waiters) {
    Results wanted;
    std::copy_if(all.begin(), all.end(), std::back_inserter(wanted),
                 [&](const UpstreamPreflight& one) { return waiter.Wants(one.upstream); });
    waiter.patient->Complete(std::move(wanted));
  }
}

void Preflights::Stop() {
  std::vector<Waiter> waiters;
  std::shared_ptr<Round> running;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    waiters.swap(next_);
    running = running_;
  }
  for (const Waiter& waiter : waiters) waiter.patient->Complete(Stopping());
  if (running != nullptr) {
    for (const Waiter& waiter : running->waiters) waiter.patient->Complete(Stopping());
    running->stop.request_stop();
  }
  pool_.Finish();
}

}  // namespace gw::rest
