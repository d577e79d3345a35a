#include "tests/bench/ledger_load.h"

#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/random.h"
#include "service/ledger/email_key.h"
#include "service/ledger/ledger.h"

namespace gw::bench {
namespace {

using Steady = std::chrono::steady_clock;

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Run {
 public:
  Run(ledger::Ledger& executor, int in_flight) : executor_(executor), running_(in_flight) {}

  /// Once for each track; each goes on until Stop.
  void Begin() {
    if (stopped_) return End();
    ledger::Intent intent;
    intent.key = {"spiffe://example.org/bench", MakeUuid(SystemRandom(), absl::Now())};
    intent.examination_id = 1201;
    intent.candidate_email = absl::StrCat(intent.key.request_id, "@example.org");
    intent.email_key = ledger::EmailKeyOf(intent.candidate_email);
    intent.actor = intent.key.caller;
    executor_.Begin(std::move(intent), [this](absl::StatusOr<ledger::Begun> begun) {
      if (!begun.ok()) return Fail(begun.status());
      Settle(begun->row);
    });
  }
  void Stop() { stopped_ = true; }
  void Wait() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return running_ == 0; });
  }
  int64_t done() const { return done_; }
  std::string problem() {
    std::lock_guard lock(mutex_);
    return problem_;
  }

 private:
  void Settle(const ledger::Row& row) {
    ledger::SettleWork work;
    work.key = row.key;
    work.outcome = {ledger::Outcome::Verdict::kSucceeded, row.seq,
                    absl::StrCat("https://portal.example.org/invite/", row.key.request_id), ""};
    work.note = "answered";
    executor_.Settle(std::move(work), [this](const absl::StatusOr<ledger::SettleWork>& settled) {
      if (!settled.ok()) return Fail(settled.status());
      ++done_;
      Begin();
    });
  }
  void Fail(const absl::Status& status) {
    {
      std::lock_guard lock(mutex_);
      problem_ = status.ToString();
    }
    End();
  }
  void End() {
    std::lock_guard lock(mutex_);
    if (--running_ == 0) ended_.notify_all();
  }

  ledger::Ledger& executor_;
  std::atomic<bool> stopped_{false};
  std::atomic<int64_t> done_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_;
  std::string problem_;
};

}  // namespace

LedgerRate RunLedgerLoad(ledger::Store& store, const LedgerLoad& load) {
  observe::Health health;
  ledger::Ledger executor(store, health, {4096, load.max_group});
  Run run(executor, load.in_flight);
  const double cpu = CpuSeconds();
  const auto began = Steady::now();
  for (int i = 0; i < load.in_flight; ++i) run.Begin();
  std::this_thread::sleep_for(load.duration);
  const auto done = static_cast<double>(run.done());
  const std::chrono::duration<double> took = Steady::now() - began;
  LedgerRate rate;
  rate.cpu_micros = (CpuSeconds() - cpu) * 1e6 / done;
  rate.per_second = done / took.count();
  run.Stop();
  run.Wait();
  executor.Flush(absl::Seconds(10));
  rate.group = static_cast<double>(executor.works()) / static_cast<double>(executor.commits());
  rate.problem = run.problem();
  return rate;
}

}  // namespace gw::bench
