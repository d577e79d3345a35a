// The list of examinations, asked for and fetched on several threads.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "service/base/detached_pool.h"
#include "service/base/timer.h"
#include "service/concero/examination_cache.h"
#include "tests/integration/threads/threads.h"

namespace gw::testing {
namespace {

using concero::ExaminationCache;

// Fetches on another thread: each time another list, now and then a failure.
class PooledFetch {
 public:
  void operator()(Once<ExaminationCache::Fetched> done) {
    overlapped_ = overlapped_ || under_way_.exchange(true);
    pool_.Submit([this, done = std::move(done)]() mutable {
      const int n = ++fetches_;
      under_way_ = false;
      if (n % 4 == 0) return std::move(done)(absl::UnavailableError("down"));
      std::vector<::concero::v1::Examination> list(20);
      for (auto& examination : list) examination.set_id(n % 3 + 1);
      std::move(done)(std::move(list));
    });
  }
  void Finish() { pool_.Finish(); }
  bool overlapped() const { return overlapped_; }

 private:
  std::atomic<int> fetches_{0};
  std::atomic<bool> under_way_{false}, overlapped_{false};
  DetachedPool pool_{2};
};

TEST(CacheOfManyThreads, TellsEachCallerOnceAndFetchesOneAtATime) {
  constexpr size_t kPerThread = 2000;
  PooledFetch fetch;
  TimerLoop timer(SystemClock());
  std::thread ticking([&] { timer.Run(); });
  std::vector<std::atomic<int>> told(kThreads * kPerThread);
  std::vector<std::stop_source> cancels(kThreads * kPerThread);
  std::atomic<size_t> all{0}, wrong{0};
  {
    ExaminationCache cache([&](auto done) { fetch(std::move(done)); }, SystemClock(), timer,
                           {absl::Microseconds(50), absl::Microseconds(50), absl::Hours(1)});
    Together([&](int t) {
      for (size_t i = 0; i < kPerThread; ++i) {
        const size_t n = static_cast<size_t>(t) * kPerThread + i;
        std::optional<absl::Duration> max_staleness;
        if (i % 4 == 0) max_staleness = absl::Microseconds(i % 100);
        rest::CallContext context;
        context.cancel = cancels[n].get_token();
        if (i % 3 == 0) context.deadline = SystemClock().Now() + absl::Microseconds(i % 300);
        cache.Get(max_staleness, context,
                  [&, n](const absl::StatusOr<ExaminationCache::Answer>& a) {
                    if (a.ok() && a->list->examinations.size() != 20) ++wrong;
                    ++told[n];
                    ++all;
                  });
        if (i % 5 == 0) cancels[(n * 7919) % cancels.size()].request_stop();
        // Whatever is kept now was fetched, and has an age.
        if (cache.Peek() != nullptr && cache.Age() < absl::ZeroDuration()) ++wrong;
      }
    });
    while (all < told.size()) std::this_thread::yield();
    fetch.Finish();
  }
  timer.Stop();
  ticking.join();
  for (const auto& count : told) EXPECT_EQ(count, 1);
  EXPECT_EQ(wrong, 0U);
  EXPECT_FALSE(fetch.overlapped());
}

}  // namespace
}  // namespace gw::testing
