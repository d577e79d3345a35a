#include "service/rpc/allocation_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "service/base/failure.h"
#include "service/rpc/item_scope.h"
#include "service/rpc/status_mapping.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;

// An item is not tried again with less time left than that: it would not be begun.
constexpr absl::Duration kTimeToTry = absl::Seconds(1);
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
// Whatever a failure says: other items may fare better by then.
constexpr absl::Duration kLongestPause = absl::Seconds(30);
// What failures say when nobody knows better (http/upstream_status.cc): of one alone among many
// that fare well, that is no reason to wait.
constexpr absl::Duration kNoReason = absl::Seconds(1);
constexpr double kStrikes = 4;

size_t WindowOf(const BulkPlaces& places, const CallInfo& info) {
  if (info.allowance == nullptr) return places.places();
  const std::optional<int> most = info.allowance->MostInFlight();
  return most ? std::min(places.places(), static_cast<size_t>(*most)) : places.places();
}

// Of those that other items would meet as well.
bool HoldsUpOthers(Reason reason) {
  return reason == Reason::kUpstreamRateLimited || reason == Reason::kUpstreamCircuitOpen ||
         reason == Reason::kLedgerUnavailable;
}

}  // namespace

// One item, from when it was read. It owns itself while it is allocated.
class AllocationStream::Item final : CallDriver {
 public:
  Item(std::shared_ptr<AllocationStream> stream, pb::AllocateCandidatesRequest&& request)
      : stream_(std::move(stream)), asked_(std::move(request)) {}

  const std::string& id() const { return asked_.item_id(); }
  AllocationStream& stream() { return *stream_; }

  // It has a place.
  static void Allocate(ItemPtr item) {
    Item& self = *item.release();
    self.scope_.emplace(self.stream_->item_method_, self.stream_->prologue_,
                        self.stream_->driver_.info(), FactsOf(self.asked_.request()));
    self.Try();
  }

  pb::AllocateCandidatesResponse Result(const absl::Status& status) {
    pb::AllocateCandidatesResponse result;
    result.set_item_id(std::move(*asked_.mutable_item_id()));
    if (status.ok()) {
      *result.mutable_response() = std::move(response_);
    } else {
      *result.mutable_error() = ToRpcStatus(status);
    }
    return result;
  }

 private:
  void Try() {
    stream_->tools_.allocate(Call<pb::AllocateCandidateRequest, pb::AllocateCandidateResponse>(
        *this, asked_.request(), response_, scope_->info()));
  }

  void Finish(const absl::Status& status) override {
    const Failure failure = GetFailure(status);
    if (failure.reason == Reason::kOverloaded && TryLater(failure)) return;
    const ItemPtr self(this);
    scope_->End(status);
    stream_->tools_.places.Leave();
    const bool holds_up = HoldsUpOthers(failure.reason);
    stream_->OnItemEnd(Result(status),
                       holds_up ? failure.retry_delay.value_or(kNoReason) : absl::ZeroDuration());
  }

  // Its place is kept: who is refused as one too many does not let another in.
  bool TryLater(const Failure& failure) {
    if (scope_->info().cancel.stop_requested() || stream_->stopped()) return false;
    absl::Duration pause = failure.retry_delay.value_or(kFirstPause);
    pause += pause * (static_cast<double>(stream_->tools_.random.Next() % 1000) / 1000);
    const Instant then = stream_->prologue_.clock().Now() + pause;
    if (then + kTimeToTry > scope_->info().deadline) return false;
    response_.Clear();
    stream_->tools_.timer.Schedule(then, [this] { Try(); });
    return true;
  }

  const std::shared_ptr<AllocationStream> stream_;
  pb::AllocateCandidatesRequest asked_;
  pb::AllocateCandidateResponse response_;
  std::optional<ItemScope> scope_;
};

AllocationStream::AllocationStream(Driver& driver, const AllocationStreamTools& tools,
                                   Prologue& prologue, const RpcMethod& item)
    : driver_(driver),
      tools_(tools),
      prologue_(prologue),
      item_method_(item),
      window_(WindowOf(tools.places, driver.info())) {}

void AllocationStream::Start() {
  on_cancel_.emplace(driver_.info().cancel, [this] { Stop(driver_.WhyGone(), true); });
  on_drain_.emplace(driver_.info().draining, [this] { Stop(StreamDraining(), false); });
  std::lock_guard lock(mutex_);
  Go();
}

void AllocationStream::Stop(const absl::Status& status, bool gone) {
  Timer::Id waits;
  bool withdrawn;
  {
    std::lock_guard lock(mutex_);
    if (!stopped_) stopped_ = status;
    if (gone) {
      gone_ = true;
      taken_ -= results_.size();
      results_.clear();
    }
    // Who waits may have to for as long as the quota, or other streams, like.
    waits = std::exchange(turn_timer_, 0);
    withdrawn = no_place_ && tools_.places.Withdraw(this);
    Go();
  }
  if (withdrawn || (waits != 0 && tools_.timer.Cancel(waits))) Drop();
}

bool AllocationStream::stopped() const {
  std::lock_guard lock(mutex_);
  return stopped_.has_value();
}

void AllocationStream::OnNoRequest(const absl::Status& status) { Stop(status, false); }

void AllocationStream::OnRead(pb::AllocateCandidatesRequest* request) {
  {
    std::lock_guard lock(mutex_);
    reading_ = false;
    if (request == nullptr) said_all_ = true;
    if (request == nullptr || stopped_) return Go();
    ++taken_;
    no_place_ = true;
  }
  auto item = std::make_unique<Item>(shared_from_this(), std::move(*request));
  if (item->id().empty()) {
    {
      std::lock_guard lock(mutex_);
      no_place_ = false;
    }
    return OnItemEnd(item->Result(InvalidField("item_id", "is required")), absl::ZeroDuration());
  }
  AwaitTurn(std::move(item));
}

absl::Duration AllocationStream::UntilTurn() {
  {
    std::lock_guard lock(mutex_);
    const absl::Duration pause = paused_until_ - prologue_.clock().Now();
    if (pause > absl::ZeroDuration()) return pause;
  }
  const Allowance* const allowance = driver_.info().allowance;
  return allowance == nullptr ? absl::ZeroDuration() : allowance->TakeCall();
}

void AllocationStream::AwaitTurn(ItemPtr item) {
  const absl::Duration wait = UntilTurn();
  {
    std::lock_guard lock(mutex_);
    if (!stopped_ && wait > absl::ZeroDuration()) {
      turn_timer_ =
          tools_.timer.Schedule(prologue_.clock().Now() + wait, [item = std::move(item)]() mutable {
            AllocationStream& stream = item->stream();
            stream.OnTurn(std::move(item));
          });
      return;
    }
  }
  if (stopped()) return Drop();
  AwaitPlace(std::move(item));
}

void AllocationStream::OnTurn(ItemPtr item) {
  {
    std::lock_guard lock(mutex_);
    turn_timer_ = 0;
  }
  AwaitTurn(std::move(item));
}

void AllocationStream::AwaitPlace(ItemPtr item) {
  tools_.places.Enter(this, [item = std::move(item)]() mutable {
    AllocationStream& stream = item->stream();
    stream.Begin(std::move(item));
  });
}

void AllocationStream::Begin(ItemPtr item) {
  // Who holds the item holds this.
  bool dropped;
  {
    std::lock_guard lock(mutex_);
    no_place_ = false;
    dropped = stopped_.has_value();
    if (!dropped) Go();
  }
  if (!dropped) return Item::Allocate(std::move(item));
  tools_.places.Leave();
  Drop();
}

void AllocationStream::Drop() { OnItemEnd(std::nullopt, absl::ZeroDuration()); }

void AllocationStream::OnItemEnd(std::optional<pb::AllocateCandidatesResponse> result,
                                 absl::Duration pause) {
  std::lock_guard lock(mutex_);
  if (result && !gone_) {
    results_.push_back(*std::move(result));
  } else {
    --taken_;
  }
  if (pause > absl::ZeroDuration()) {
    strikes_ = std::min(strikes_ + 1, 2 * kStrikes);
    Pause(pause > kNoReason ? std::min(pause, kLongestPause)
                            : pause * std::min(1.0, (strikes_ - 1) / kStrikes));
  } else {
    strikes_ = std::max(0.0, strikes_ - 1 / kStrikes);
  }
  Go();
}

// Under the lock. None is begun for so long.
void AllocationStream::Pause(absl::Duration pause) {
  const Instant until = prologue_.clock().Now() + pause;
  if (pause > absl::ZeroDuration()) paused_until_ = std::max(paused_until_, until);
}

void AllocationStream::OnWritten() {
  std::lock_guard lock(mutex_);
  writing_ = false;
  --taken_;
  Go();
}

// Under the lock. Whatever can be done now.
void AllocationStream::Go() {
  if (finished_) return;
  if (!writing_ && !results_.empty()) {
    writing_ = true;
    driver_.Write(results_.front());
    results_.pop_front();
  }
  const bool ends = said_all_ || stopped_;
  if (!ends && !reading_ && !no_place_ && taken_ < window_) {
    reading_ = true;
    driver_.Read();
  }
  if (!ends || taken_ > 0) return;
  finished_ = true;
  driver_.Finish(stopped_.value_or(absl::OkStatus()));
}

}  // namespace gw::rpc
