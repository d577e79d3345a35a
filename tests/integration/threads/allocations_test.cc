// Allocations that many threads ask for, leave and send.
#include "service/ledger/allocations.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/detached_pool.h"
#include "service/base/timer.h"
#include "tests/integration/threads/threads.h"
#include "tests/support/memory_store.h"

namespace gw::testing {
namespace {

using ledger::Outcome;

// Sends on threads of its own; every third is refused, and a few are in doubt.
class PooledSender : public ledger::AllocationSender {
 public:
  void Send(int64_t, const std::string& candidate_email, Departure departure,
            Once<ledger::Sent> done) override {
    pool_.Submit([this, candidate_email, departure = std::move(departure),
                  done = std::move(done)]() mutable {
      if (departure.cancel.stop_requested() || !departure.may_leave()) {
        return std::move(done)(
            {Outcome::Verdict::kNotExecuted, 0, "", absl::CancelledError("nothing was sent")});
      }
      const int n = Execute(candidate_email);
      if (n == 0) {
        return std::move(done)({Outcome::Verdict::kNotExecuted, 0, "",
                                absl::UnavailableError("refused before execution")});
      }
      if (n % 50 == 0) return;  // it forgets: in doubt
      std::move(done)({Outcome::Verdict::kSucceeded, n, "https://portal.example", {}});
    });
  }
  void Finish() { pool_.Finish(); }

  /// How often a candidate was invited, by address.
  std::map<std::string, int> executed() {
    std::lock_guard lock(mutex_);
    return executed_;
  }

 private:
  int Execute(const std::string& candidate_email) {
    std::lock_guard lock(mutex_);
    if (++sent_ % 3 == 0) return 0;
    ++executed_[candidate_email];
    return sent_;
  }

  std::mutex mutex_;
  int sent_ = 0;
  std::map<std::string, int> executed_;
  DetachedPool pool_{2};
};

TEST(AllocationsOfManyThreads, InviteEachCandidateOnceAndTellEachCallerOnce) {
  constexpr size_t kPerThread = 1500;
  constexpr size_t kCandidates = 200;
  MemoryStore store(SystemClock());
  observe::Health health;
  TimerLoop timer(SystemClock());
  std::thread ticking([&] { timer.Run(); });
  std::vector<std::atomic<int>> told(kThreads * kPerThread);
  std::vector<std::stop_source> cancels(kThreads * kPerThread);
  std::atomic<size_t> all{0}, wrong{0};
  PooledSender sender;
  {
    ledger::Ledger ledger(store, health, {100000, 64});
    ledger::Allocations allocations(ledger, sender, timer, SystemClock(),
                                    {absl::Hours(1), absl::Microseconds(50), absl::Seconds(10)});
    Together([&](int t) {
      for (size_t i = 0; i < kPerThread; ++i) {
        const size_t n = static_cast<size_t>(t) * kPerThread + i;
        const size_t candidate = (i + static_cast<size_t>(t) * 3) % kCandidates;
        const std::string email = absl::StrCat("c", candidate, "@example.com");
        // Some candidates are always asked for by id, and some never.
        const bool named = candidate % 2 == 0;
        ledger::Allocations::Asker asker;
        asker.caller = "a caller";
        asker.cancel = cancels[n].get_token();
        if (i % 3 == 0) asker.deadline = SystemClock().Now() + absl::Microseconds(i % 700);
        allocations.Allocate(
            std::move(asker),
            {named ? absl::StrCat("id ", candidate) : absl::StrCat("made ", n), !named, 7, email},
            [&, n, email](const absl::StatusOr<ledger::Allocations::Result>& result) {
              if (result.ok() && result->row.candidate_email != email) ++wrong;
              ++told[n];
              ++all;
            });
        if (i % 4 == 0) cancels[(n * 7919) % cancels.size()].request_stop();
      }
    });
    while (all < told.size()) std::this_thread::yield();
    while (allocations.active() > 0) std::this_thread::yield();
    sender.Finish();
    EXPECT_TRUE(ledger.Flush(absl::Minutes(5)));
    EXPECT_EQ(ledger.contradictions(), 0);
  }
  timer.Stop();
  ticking.join();
  for (const auto& count : told) EXPECT_EQ(count, 1);
  EXPECT_EQ(wrong, 0U);
  const auto executed = sender.executed();
  EXPECT_GT(executed.size(), kCandidates / 2);
  for (const auto& [email, times] : executed) EXPECT_EQ(times, 1) << email;
  store.With([&](ledger::Rows& rows) {
    ledger::Filter filter;
    filter.limit = 1 << 20;
    for (const ledger::Row& row : rows.List(filter)) {
      EXPECT_NE(row.state, ledger::State::kPending) << row.key.request_id;
      const bool invited = executed.contains(row.candidate_email);
      if (row.state == ledger::State::kSucceeded || row.state == ledger::State::kInDoubt) {
        EXPECT_TRUE(invited) << row.candidate_email;
      }
    }
  });
}

}  // namespace
}  // namespace gw::testing
