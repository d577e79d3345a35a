// The classes of observe/ that several threads share.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/observe/call_counts.h"
#include "service/observe/call_record.h"
#include "service/observe/health.h"
#include "service/observe/keyed_hash.h"
#include "service/observe/log_writer.h"
#include "service/observe/metrics.h"
#include "service/observe/upstream_history.h"
#include "tests/integration/threads/threads.h"

namespace gw::testing {
namespace {

TEST(HealthOfManyThreads, TellsItsListenerEveryChangeInOrder) {
  observe::Health health;
  health.AddComponent("concero");
  int told = 0;  // under the lock of the health's
  bool last = true;
  health.SetListener([&](const std::string&, bool well) {
    // The first tells how it is; each next one is a change.
    if (told++ > 0) {
      EXPECT_NE(well, last);
    }
    last = well;
  });
  std::atomic<bool> seen_unwell{false};
  Together([&](int t) {
    for (int i = 0; i < 2000; ++i) {
      if (t < 2) health.SetComponent("concero", (i + t) % 2 == 0, "UPSTREAM_UNAVAILABLE");
      if (t == 2 && !health.components().at("concero").well) seen_unwell = true;
      if (t == 3)
        health.SetServing(i % 2 ? observe::Serving::kServing : observe::Serving::kDraining);
    }
  });
  health.SetListener(nullptr);
  EXPECT_GT(told, 1);
  EXPECT_EQ(last, health.components().at("concero").well);
  EXPECT_EQ(health.serving(), observe::Serving::kServing);
}

TEST(CallCountsOfManyThreads, LoseNoCallWhileSomebodyLooks) {
  constexpr int kPerThread = 2000;
  observe::CallCounts counts(SystemClock());
  observe::Metrics metrics;
  observe::UpstreamHistory upstream(metrics.ForUpstream("concero"), SystemClock());
  std::atomic<int> threads{0};
  Together([&](int t) {
    ++threads;
    for (int i = 0; i < kPerThread; ++i) {
      counts.Ended(absl::StrCat("caller ", (i + t) % 3), absl::StatusCode::kOk,
                   Reason::kUnspecified, absl::Milliseconds(i % 100), SystemClock().Now());
      upstream.Started();
      upstream.Finished(i % 2 ? "2xx" : "timeout", absl::Milliseconds(i % 100));
      if (i % 100 == 0) {
        EXPECT_LE(counts.Callers().size(), 3u);
        EXPECT_EQ(upstream.history().LastHour().size(), 60u);
      }
    }
  });
  const int64_t all = int64_t{threads} * kPerThread;
  int64_t of_callers = 0, of_hour = 0, of_upstream = 0;
  for (const auto& caller : counts.Callers()) of_callers += caller.total();
  for (const auto& minute : counts.history().LastHour()) of_hour += minute.total();
  for (const auto& minute : upstream.history().LastHour()) of_upstream += minute.total();
  EXPECT_EQ(of_callers, all);
  EXPECT_EQ(of_hour, all);
  EXPECT_EQ(of_upstream, all);
  EXPECT_EQ(upstream.active(), 0);
}

TEST(MetricsOfManyThreads, CountEveryObservation) {
  constexpr int kPerThread = 2000;
  observe::Metrics metrics;
  metrics.ReadCacheAge([] { return 1.0; });
  Together([&](int t) {
    auto& upstream = metrics.ForUpstream("concero");
    auto& rpc = metrics.ForRpc("concero.v1.AssessmentService/GetReport");
    for (int i = 0; i < kPerThread; ++i) {
      upstream.Started();
      upstream.Finished(i % 2 ? "2xx" : "timeout", absl::Milliseconds(i % 100));
      rpc.Observe(absl::StatusCode::kOk, Reason::kUnspecified, absl::Milliseconds(1));
      if (t == 0 && i % 100 == 0) {
        EXPECT_FALSE(metrics.Text().empty());
      }
    }
  });
  const std::string text = metrics.Text();
  for (const char* line :
       {"http_client_request_duration_seconds_count{result=\"2xx\",upstream=\"concero\"} 4000\n",
        "http_client_request_duration_seconds_count{result=\"timeout\",upstream=\"concero\"} "
        "4000\n",
        "http_client_active_requests{upstream=\"concero\"} 0\n"}) {
    EXPECT_THAT(text, ::testing::HasSubstr(line));
  }
}

TEST(CallRecordOfManyThreads, MakesOneIdAndCountsEveryRequest) {
  constexpr int kCalls = 300;
  const observe::KeyedHash hash(Secret("a-key-for-this-test"));
  std::vector<std::unique_ptr<observe::CallRecord>> records;
  for (int i = 0; i < kCalls; ++i) {
    records.push_back(std::make_unique<observe::CallRecord>("", std::nullopt, hash, SystemClock(),
                                                            SystemRandom()));
  }
  std::vector<std::vector<std::string>> seen(kThreads);
  Together([&](int t) {
    for (const auto& record : records) {
      record->RequestLeaves();
      record->RequestAnswered(200 + t);
      seen[static_cast<size_t>(t)].push_back(record->request_id());
    }
  });
  for (int t = 1; t < kThreads; ++t) EXPECT_EQ(seen[static_cast<size_t>(t)], seen[0]);
  EXPECT_EQ(std::set<std::string>(seen[0].begin(), seen[0].end()).size(), size_t{kCalls});
  for (const auto& record : records) EXPECT_EQ(record->attempts(), kThreads);
}

// What is written to stderr between its making and Text.
class CapturedStderr {
 public:
  CapturedStderr() {
    EXPECT_EQ(pipe(pipe_), 0);
    before_ = dup(STDERR_FILENO);
    dup2(pipe_[1], STDERR_FILENO);
    close(pipe_[1]);
    reader_ = std::thread([this] {
      char part[4096];
      for (ssize_t n; (n = read(pipe_[0], part, sizeof part)) > 0;) {
        text_.append(part, static_cast<size_t>(n));
      }
    });
  }
  std::string Text() {
    dup2(before_, STDERR_FILENO);  // the last that writes to the pipe: its reader comes to an end
    close(before_);
    reader_.join();
    close(pipe_[0]);
    return text_;
  }

 private:
  int pipe_[2] = {-1, -1};
  int before_ = -1;
  std::string text_;
  std::thread reader_;
};

TEST(LogOfManyThreads, WritesEveryLineWholeOrCountsItAsLost) {
  constexpr int kPerThread = 2000;
  CapturedStderr captured;
  observe::WriteLinesInBackground(100,
                                  [](uint64_t lost) { return "lost " + std::to_string(lost); });
  Together([&](int t) {
    const std::string line(200, static_cast<char>('a' + t));
    for (int i = 0; i < kPerThread; ++i) {
      observe::WriteLine(line);
      if (i % 500 == 0) (void)observe::FlushLines(absl::Milliseconds(1));
    }
  });
  EXPECT_TRUE(observe::FlushLines(absl::Minutes(5)));
  // What was lost after the last line is told behind the next one.
  observe::WriteLine("end");
  EXPECT_TRUE(observe::FlushLines(absl::Minutes(5)));
  uint64_t whole = 0, told = 0;
  for (const absl::string_view line : absl::StrSplit(captured.Text(), '\n', absl::SkipEmpty())) {
    uint64_t lost = 0;
    if (absl::string_view rest = line;
        absl::ConsumePrefix(&rest, "lost ") && absl::SimpleAtoi(rest, &lost)) {
      told += lost;
    } else if (line != "end") {
      EXPECT_EQ(line, std::string(200, line[0]));
      ++whole;
    }
  }
  EXPECT_EQ(told, observe::LinesLost());
  EXPECT_EQ(whole + told, uint64_t{kThreads} * kPerThread);
}

}  // namespace
}  // namespace gw::testing
