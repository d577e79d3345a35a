// Allocations over a ledger whose store, sender and time the test owns.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/ledger/allocations.h"
#include "tests/support/captured_log.h"
#include "tests/support/failures.h"
#include "tests/support/fakes.h"
#include "tests/support/memory_store.h"

namespace gw::testing {

/// Keeps what is to be sent until the test says what becomes of it.
class FakeSender : public ledger::AllocationSender {
 public:
  absl::Status HasRoom(Instant start_by, size_t ahead) const override {
    std::lock_guard lock(mutex_);
    asked_start_by_ = start_by;
    asked_ahead_ = ahead;
    return room_;
  }
  void SetRoom(absl::Status room) {
    std::lock_guard lock(mutex_);
    room_ = std::move(room);
  }
  Instant asked_start_by() const {
    std::lock_guard lock(mutex_);
    return asked_start_by_;
  }
  size_t asked_ahead() const {
    std::lock_guard lock(mutex_);
    return asked_ahead_;
  }
  Instant start_by(size_t n) const {
    std::lock_guard lock(mutex_);
    return departures_.at(n).start_by;
  }
  void Send(int64_t examination_id, const std::string& candidate_email, Departure departure,
            Once<ledger::Sent> done) override {
    std::lock_guard lock(mutex_);
    emails_.push_back(absl::StrCat(examination_id, " ", candidate_email));
    departures_.push_back(std::move(departure));
    dones_.push_back(std::move(done));
  }

  /// What was to be sent, in order: `7 ann@example.com`.
  std::vector<std::string> sent() const {
    std::lock_guard lock(mutex_);
    return emails_;
  }
  /// The last moment of the `n`th.
  bool Leaves(size_t n) {
    std::unique_lock lock(mutex_);
    const auto may_leave = departures_.at(n).may_leave;
    lock.unlock();
    return may_leave();
  }
  /// Nobody wants it.
  bool CalledOff(size_t n) const {
    std::lock_guard lock(mutex_);
    return departures_.at(n).cancel.stop_requested();
  }
  void Answer(size_t n, ledger::Sent sent) {
    std::unique_lock lock(mutex_);
    Once<ledger::Sent> done = std::move(dones_.at(n));
    lock.unlock();
    std::move(done)(std::move(sent));
  }
  /// It will never be answered.
  void Drop(size_t n) {
    std::unique_lock lock(mutex_);
    const Once<ledger::Sent> done = std::move(dones_.at(n));
    lock.unlock();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> emails_;
  std::vector<Departure> departures_;
  std::vector<Once<ledger::Sent>> dones_;
  absl::Status room_;
  mutable Instant asked_start_by_;
  mutable size_t asked_ahead_ = 0;
};

inline ledger::Sent Succeeded(int64_t invite_id = 31) {
  return {ledger::Outcome::Verdict::kSucceeded, invite_id, "https://portal.example/invite",
          absl::OkStatus()};
}

inline ledger::Sent Ended(ledger::Outcome::Verdict verdict, absl::StatusCode code, Reason reason) {
  Failure failure;
  failure.reason = reason;
  return {verdict, 0, "", MakeFailure(code, "said the upstream", failure)};
}
/// As the sender that was called off, or not let go.
inline ledger::Sent NotLet() {
  return Ended(ledger::Outcome::Verdict::kNotExecuted, absl::StatusCode::kCancelled,
               Reason::kCancelled);
}
inline ledger::Sent Refused() {
  return Ended(ledger::Outcome::Verdict::kNotExecuted, absl::StatusCode::kUnavailable,
               Reason::kUpstreamRateLimited);
}
inline ledger::Sent InDoubt() {
  return Ended(ledger::Outcome::Verdict::kInDoubt, absl::StatusCode::kUnknown,
               Reason::kAllocationInDoubt);
}

class AllocationsTest : public ::testing::Test {
 protected:
  using Options = ledger::Allocations::Options;

  explicit AllocationsTest(Options options = {})
      : allocations_(
            std::make_unique<ledger::Allocations>(ledger_, sender_, timer_, clock_, options)) {}

  /// Somebody who waits.
  struct Call {
    std::vector<absl::StatusOr<ledger::Allocations::Result>> told;
    std::stop_source cancel;
    std::mutex mutex;

    /// `waiting`; `SUCCEEDED 31`, `SUCCEEDED 31 replayed`; `UNKNOWN ALLOCATION_IN_DOUBT`.
    std::string result() {
      std::lock_guard lock(mutex);
      if (told.empty()) return "waiting";
      if (told.size() > 1) return "told more than once";
      if (!told[0].ok()) return CodeAndReason(told[0].status());
      return absl::StrCat(StateName(told[0]->row.state), " ", told[0]->row.invite_id,
                          told[0]->replayed ? " replayed" : "");
    }
    /// The one they are told.
    std::string request_id() {
      std::lock_guard lock(mutex);
      if (told.empty()) return "(waiting)";
      return told[0].ok() ? told[0]->row.key.request_id : Metadata(told[0].status(), "request_id");
    }
  };
  using CallPtr = std::shared_ptr<Call>;

  struct Asked {
    std::string request_id;
    std::string email = "ann@example.com";
    absl::Duration patience = absl::Seconds(30);
    bool made_id = false;
    std::string caller = "a caller";
  };

  /// Asks, and does not wait for what comes of it.
  CallPtr Ask(const Asked& asked) {
    auto call = std::make_shared<Call>();
    allocations_->Allocate(AskerOf(*call, asked.caller, asked.patience),
                           {asked.request_id, asked.made_id, 7, asked.email}, ToldTo(call));
    return call;
  }
  /// Asks, and waits until nothing happens any more.
  CallPtr Allocate(const Asked& asked) {
    auto call = Ask(asked);
    Rest();
    return call;
  }
  CallPtr Resend(const std::string& request_id, absl::Duration patience = absl::Seconds(30)) {
    auto call = std::make_shared<Call>();
    allocations_->Resend(AskerOf(*call, "an admin", patience), {"a caller", request_id}, "an admin",
                         "it is not in the portal", ToldTo(call));
    Rest();
    return call;
  }
  void Cancel(const CallPtr& call) {
    call->cancel.request_stop();
    Rest();
  }
  void Answer(size_t n, ledger::Sent sent) {
    sender_.Answer(n, std::move(sent));
    Rest();
  }
  /// It leaves, and is answered.
  void LeaveAndAnswer(size_t n, ledger::Sent sent) {
    EXPECT_TRUE(sender_.Leaves(n));
    Answer(n, std::move(sent));
  }
  void Advance(absl::Duration by) {
    timer_.Advance(by);
    Rest();
  }

  /// Until everything that follows from what was done so far has been done: each turn is one
  /// exchange with the ledger, and nothing here takes more than five in a row.
  void Rest() {
    for (int turn = 0; turn < 5; ++turn) {
      std::promise<void> promise;
      ledger_.Do([](ledger::Rows&) {}, [&](const absl::Status&) { promise.set_value(); });
      promise.get_future().wait();
    }
  }

  /// `(none)`, or `PENDING 1`: the state and attempt that are recorded.
  std::string RowOf(const std::string& request_id) {
    std::string story = "(none)";
    store_.With([&](ledger::Rows& rows) {
      if (const auto row = rows.Find({"a caller", request_id})) {
        story = absl::StrCat(StateName(row->state), " ", row->attempt);
      }
    });
    return story;
  }

  /// Another replica has begun it for the caller.
  void OtherReplicaBegins(const std::string& request_id) {
    store_.OwnerLives("another gateway", true);
    store_.With([&](ledger::Rows& rows) {
      ledger::Intent intent;
      intent.key = {"a caller", request_id};
      intent.examination_id = 7;
      intent.candidate_email = intent.email_key = "ann@example.com";
      intent.owner = "another gateway";
      EXPECT_EQ(ledger::Begin(rows, intent).kind, ledger::Begun::Kind::kStart);
    });
  }
  /// … and it ends so.
  void OtherReplicaSettles(const std::string& request_id, ledger::Outcome::Verdict verdict,
                           const std::string& error = "") {
    store_.With([&](ledger::Rows& rows) {
      ledger::SettleWork work;
      work.key = {"a caller", request_id};
      work.attempt = rows.Find(work.key)->attempt;
      work.outcome = {verdict, 31, "https://portal.example/invite", error};
      ledger::SettleRow(rows, work);
      EXPECT_EQ(work.settled, ledger::Settled::kDone);
    });
  }
  /// A person has looked in the portal.
  void PersonResolves(const std::string& request_id, ledger::Resolution::Kind kind) {
    store_.With([&](ledger::Rows& rows) {
      ledger::Row row;
      ledger::Resolution resolution;
      resolution.kind = kind;
      EXPECT_EQ(ledger::ResolveRow(rows, {"a caller", request_id}, resolution, "an admin", "", row),
                ledger::Resolved::kDone);
    });
  }

  CapturedLog log_;
  FakeClock clock_;
  FakeTimer timer_{clock_};
  MemoryStore store_{clock_};
  observe::Health health_;
  ledger::Ledger ledger_{store_, health_, {}};
  FakeSender sender_;  // whose completions do not outlive the ledger
  std::unique_ptr<ledger::Allocations> allocations_;

 private:
  ledger::Allocations::Asker AskerOf(Call& call, const std::string& caller,
                                     absl::Duration patience) {
    return {caller, clock_.Now() + patience, call.cancel.get_token(), nullptr};
  }
  static ledger::Allocations::Done ToldTo(const CallPtr& call) {
    return [call](absl::StatusOr<ledger::Allocations::Result> result) {
      std::lock_guard lock(call->mutex);
      call->told.push_back(std::move(result));
    };
  }
};

}  // namespace gw::testing
