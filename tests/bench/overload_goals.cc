#include "tests/bench/overload_goals.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace gw::bench {
namespace {

constexpr double kLeastShareOfPeak = 0.9;
constexpr double kMostTimesUnloaded = 2;
constexpr double kMostGrowth = 16;  // MiB

// Beyond these it is not the gateway that is measured.
constexpr double kLeastShareOfPlan = 0.95;
constexpr double kMostSandboxCpu = 60;  // %
constexpr double kMostLate = 10;        // ms; a quiet machine has less than 2

double Peak(const std::vector<OverloadRound>& rounds) {
  double peak = 0;
  for (const OverloadRound& round : rounds) peak = std::max(peak, round.load.goodput);
  return peak;
}

const OverloadRound& AtCapacity(const std::vector<OverloadRound>& rounds) {
  return *std::find_if(rounds.begin(), rounds.end(),
                       [](const OverloadRound& round) { return round.times_capacity >= 1; });
}

}  // namespace

Bounds BoundsOf(const std::vector<OverloadRound>& rounds) {
  return {kLeastShareOfPeak * Peak(rounds),
          kMostTimesUnloaded * rounds.front().load.of_accepted.p99};
}

std::vector<Goal> Judge(const std::vector<OverloadRound>& rounds) {
  const Bounds bounds = BoundsOf(rounds);
  const OverloadRound& most = rounds.back();
  std::vector<Goal> goals;
  goals.push_back({absl::StrFormat("goodput at %g x capacity is at least %.0f %% of the peak",
                                   most.times_capacity, 100 * kLeastShareOfPeak),
                   absl::StrFormat("%.0f/s of %.0f/s, %.1f %%", most.load.goodput, Peak(rounds),
                                   100 * most.load.goodput / Peak(rounds)),
                   most.load.goodput >= bounds.least_goodput});

  double p99 = 0;
  for (const OverloadRound& round : rounds) p99 = std::max(p99, round.load.of_accepted.p99);
  goals.push_back(
      {absl::StrFormat("p99 of accepted calls is at most %g x the unloaded one",
                       kMostTimesUnloaded),
       absl::StrFormat("%.0f ms, unloaded %.0f ms", p99, rounds.front().load.of_accepted.p99),
       p99 <= bounds.most_p99});

  const double growth = most.memory_after - AtCapacity(rounds).memory_after;
  goals.push_back(
      {absl::StrFormat("memory grows by at most %g MiB after the round at capacity", kMostGrowth),
       absl::StrFormat("%+.1f MiB", growth), growth <= kMostGrowth});

  int64_t failed = 0;
  std::string first;
  int64_t stray = 0;
  for (const OverloadRound& round : rounds) {
    failed += round.load.failed;
    if (first.empty()) first = round.load.first_failure;
    stray += std::abs(round.reached_upstream - round.load.ok);
  }
  goals.push_back({"every call ends with OK or OVERLOADED and RetryInfo",
                   failed == 0 ? "all" : absl::StrCat(failed, " did not; the first: ", first),
                   failed == 0});
  goals.push_back({"the upstream is asked once for each OK and never for a refusal",
                   stray == 0 ? "so it was" : absl::StrCat(stray, " too many or too few"),
                   stray == 0});
  return goals;
}

std::string WhyVoid(const std::vector<OverloadRound>& rounds, double capacity) {
  for (const OverloadRound& round : rounds) {
    const double planned = round.times_capacity * capacity;
    if (round.load.offered < kLeastShareOfPlan * planned || round.load.late > kMostLate) {
      return absl::StrFormat("of %.0f calls/s %.0f began, 1 %% of them more than %.1f ms late",
                             planned, round.load.offered, round.load.late);
    }
    if (round.sandbox_cpu > kMostSandboxCpu) {
      return absl::StrFormat("at %g x capacity the sandbox, which has one thread, was %.0f %% busy",
                             round.times_capacity, round.sandbox_cpu);
    }
  }
  return "";
}

std::string TableOf(const std::vector<OverloadRound>& rounds) {
  std::string table =
      absl::StrFormat("%8s %9s %9s %9s %7s %20s %20s %8s %15s %14s\n", "load", "offered/s",
                      "goodput/s", "refused/s", "failed", "accepted p50 p99 ms",
                      "refused p50 p99 ms", "late p99", "CPU gw sandbox", "memory MiB");
  for (const OverloadRound& round : rounds) {
    const LoadResult& load = round.load;
    absl::StrAppendFormat(
        &table,
        "%6g x %9.0f %9.0f %9.0f %7d %11.0f %8.0f %11.2f %8.2f %8.1f %6.0f%% %6.0f%% %6.1f %6.1f\n",
        round.times_capacity, load.offered, load.goodput, load.refused, load.failed,
        load.of_accepted.p50, load.of_accepted.p99, load.of_refused.p50, load.of_refused.p99,
        load.late, round.gateway_cpu, round.sandbox_cpu, round.memory_before, round.memory_after);
  }
  return table;
}

}  // namespace gw::bench
