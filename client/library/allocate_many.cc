// Client::AllocateMany: one stream after the other, three threads. The caller's reads results and
// hands them on; one asks for intents, as that may take its time; one writes, as long as a stream
// lives.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/library/backoff.h"
#include "client/library/grpc_client.h"
#include "client/library/item_check.h"
#include "client/library/random.h"
#include "client/library/unanswered.h"

namespace concero {
namespace {

using Stream =
    grpc::ClientReaderWriter<v1::AllocateCandidatesRequest, v1::AllocateCandidatesResponse>;

Moment Now() { return std::chrono::steady_clock::now(); }

// A stream that ended so is worth another. Without a reason it is gRPC's own: a connection that was
// lost, or a proxy's doing.
bool IsBroken(const absl::Status& status) {
  if (ReasonOf(status) != gateway::v1::REASON_UNSPECIFIED) return IsSafeToRetry(status);
  return absl::IsUnavailable(status) || absl::IsAborted(status) || absl::IsUnknown(status) ||
         absl::IsInternal(status);
}

absl::StatusOr<v1::AllocateCandidateResponse> ResultOf(v1::AllocateCandidatesResponse& message) {
  if (message.has_response()) return std::move(*message.mutable_response());
  absl::Status status = FromProto(message.error());
  if (status.ok()) return absl::InternalError("the gateway sent an item without a result");
  return status;
}

/// One AllocateMany. Thread safety: none; its threads are its own.
class ManyCall {
 public:
  ManyCall(v1::AssessmentService::Stub& stub, const Client::NextIntent& next,
           const Client::OnResult& on_result, const AllocateManyOptions& many,
           const CallOptions& options)
      : stub_(stub),
        next_(next),
        on_result_(on_result),
        many_(many),
        options_(options),
        deadline_(DeadlineOf(options, absl::InfiniteDuration())),
        unanswered_(many.attempts, &RandomBits) {}

  absl::Status Run() {
    std::thread taker([this] { TakeIntents(); });
    const absl::Status status = RunStreams();
    Set(stopping_);
    taker.join();
    HandOnRefused();
    for (const Intent& intent : unanswered_.TakeAll()) on_result_(intent, status);
    return status;
  }

 private:
  void TakeIntents() {
    const auto has_room = [this] {
      return stopping_ ||
             unanswered_.size() + refused_.size() < static_cast<size_t>(many_.max_unanswered);
    };
    while (true) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, has_room);
        if (stopping_) return;
      }
      const std::optional<Intent> intent = next_();
      if (!intent) return Set(exhausted_);
      absl::Status bad = CheckItem(*intent);
      std::lock_guard lock(mutex_);
      if (bad.ok()) {
        unanswered_.Add(*intent);
      } else {
        refused_.push_back({*intent, std::move(bad)});
      }
      changed_.notify_all();
    }
  }

  // What would end the stream for all is not sent.
  void HandOnRefused() {
    std::deque<Unanswered::Answered> refused;
    {
      std::lock_guard lock(mutex_);
      refused.swap(refused_);
      changed_.notify_all();
    }
    for (const auto& [intent, result] : refused) on_result_(intent, result);
  }

  absl::Status RunStreams() {
    std::optional<Moment> broken_since;
    for (int failures = 0;;) {
      if (auto status = AwaitIntent(); !status.ok()) return status;
      HandOnRefused();
      if (IsDone()) return absl::OkStatus();
      if (!HasUnanswered()) continue;
      bool progress = false;
      absl::Status status = RunStream(progress);
      HandOnRefused();
      if (IsDone()) return absl::OkStatus();
      if (options_.cancel.stop_requested()) return CancelledByCaller();
      if (status.ok() && ended_for_refused_) continue;
      if (status.ok()) status = absl::UnavailableError("the stream ended before the last result");
      if (!IsBroken(status) || absl::Now() >= deadline_) return status;

      const Moment now = Now();
      if (progress) failures = 0;
      if (progress || !broken_since) broken_since = now;
      const absl::Duration left =
          many_.give_up_after - absl::FromChrono(std::chrono::nanoseconds(now - *broken_since));
      if (left <= absl::ZeroDuration()) return status;
      const absl::Duration delay = std::max(Backoff(++failures, RandomBits()),
                                            RetryDelayOf(status).value_or(absl::ZeroDuration()));
      Wait(std::min(delay, left), [] { return false; });
    }
  }

  // Until there is something to do, or nothing will come.
  absl::Status AwaitIntent() {
    Wait(absl::InfiniteDuration(),
         [this] { return exhausted_ || !unanswered_.empty() || !refused_.empty(); });
    if (options_.cancel.stop_requested()) return CancelledByCaller();
    if (absl::Now() < deadline_) return absl::OkStatus();
    return absl::DeadlineExceededError("the deadline passed before the last result");
  }

  absl::Status RunStream(bool& progress) {
    CallScope scope(options_, deadline_);
    const auto stream = stub_.AllocateCandidates(&scope.context());
    {
      std::lock_guard lock(mutex_);
      stream_over_ = ended_for_refused_ = false;
      unanswered_.ResendAll();
    }
    std::thread writer([&] { Write(*stream); });
    v1::AllocateCandidatesResponse message;
    while (stream->Read(&message)) {
      progress = true;
      HandOn(message);
      HandOnRefused();
    }
    Set(stream_over_);
    writer.join();
    return StatusOf(stream->Finish());
  }

  void HandOn(v1::AllocateCandidatesResponse& message) {
    uint64_t number = 0;
    if (!absl::SimpleAtoi(message.item_id(), &number)) return;  // none of ours
    std::optional<Unanswered::Answered> answered;
    {
      std::lock_guard lock(mutex_);
      answered = unanswered_.Answer(number, ResultOf(message), Now());
      changed_.notify_all();
    }
    if (answered) on_result_(answered->intent, answered->result);
  }

  void Write(Stream& stream) {
    std::unique_lock lock(mutex_);
    while (!stream_over_) {
      // While nothing is unanswered nothing is read, and nobody would hand on what is refused.
      ended_for_refused_ = unanswered_.empty() && !refused_.empty();
      if (ended_for_refused_ || (exhausted_ && unanswered_.empty())) {
        lock.unlock();
        stream.WritesDone();
        return;
      }
      const auto due = unanswered_.TakeDue(Now());
      if (!due) {
        const auto next = unanswered_.NextDue();
        if (next) {
          changed_.wait_until(lock, *next);
        } else {
          changed_.wait(lock);
        }
        continue;
      }
      v1::AllocateCandidatesRequest item;
      item.set_item_id(absl::StrCat(due->first));
      item.mutable_request()->set_examination_id(due->second.examination_id());
      item.mutable_request()->set_candidate_email(due->second.candidate_email());
      item.mutable_request()->set_request_id(due->second.request_id());
      lock.unlock();
      if (!stream.Write(item)) return;  // the stream is over; the reader learns it, too
      lock.lock();
    }
  }

  // Waits for `done`, a cancel, or the deadline; at most for `duration`.
  template <class Done>
  void Wait(absl::Duration duration, Done done) {
    const absl::Duration at_most = std::min(duration, deadline_ - absl::Now());
    std::unique_lock lock(mutex_);
    if (at_most == absl::InfiniteDuration()) {
      changed_.wait(lock, options_.cancel, done);
    } else {
      changed_.wait_for(lock, options_.cancel, absl::ToChronoNanoseconds(at_most), done);
    }
  }

  bool IsDone() {
    std::lock_guard lock(mutex_);
    return exhausted_ && unanswered_.empty() && refused_.empty();
  }
  bool HasUnanswered() {
    std::lock_guard lock(mutex_);
    return !unanswered_.empty();
  }
  void Set(bool& flag) {
    std::lock_guard lock(mutex_);
    flag = true;
    changed_.notify_all();
  }

  v1::AssessmentService::Stub& stub_;
  const Client::NextIntent& next_;
  const Client::OnResult& on_result_;
  const AllocateManyOptions& many_;
  const CallOptions& options_;
  const absl::Time deadline_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  Unanswered unanswered_;
  std::deque<Unanswered::Answered> refused_;  // by ourselves
  bool exhausted_ = false;                    // there are no more intents
  bool stopping_ = false;                     // no more are wanted
  bool stream_over_ = false;                  // its writer has nothing to do any more
  bool ended_for_refused_ = false;            // by its writer; another one may follow at once
};

}  // namespace

absl::Status GrpcClient::AllocateMany(const NextIntent& next, const OnResult& on_result,
                                      const AllocateManyOptions& many, const CallOptions& options) {
  if (many.max_unanswered < 1) {
    return absl::InvalidArgumentError("max_unanswered: must be above zero");
  }
  if (many.attempts < 1) return absl::InvalidArgumentError("attempts: must be above zero");
  return ManyCall(*assessment_, next, on_result, many, options).Run();
}

}  // namespace concero
