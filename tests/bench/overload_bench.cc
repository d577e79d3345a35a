// What becomes of the calls when more come than the upstream can take.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/overload_chart.h"
#include "tests/bench/overload_goals.h"
#include "tests/bench/overload_load.h"
#include "tests/bench/overload_programs.h"

namespace gw::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kUpstreamDelay{150};
constexpr int kMaxInFlight = 64;  // the gateway's default
constexpr double kCapacity = kMaxInFlight * 1000.0 / kUpstreamDelay.count();
constexpr double kLoads[] = {0.25, 1, 2, 5, 10};
constexpr std::chrono::seconds kDuration{12}, kWarmUp{3};

OverloadRound Run(OverloadPrograms& programs, OverloadLoad& load, double times) {
  OverloadRound round;
  round.times_capacity = times;
  programs.ReportsAskedFor();
  round.memory_before = programs.MemoryMiB();
  const double gateway = programs.GatewayCpu();
  const double sandbox = programs.SandboxCpu();
  round.load = load.Run(times * kCapacity, kDuration, kWarmUp);
  round.gateway_cpu = 100 * (programs.GatewayCpu() - gateway) / kDuration.count();
  round.sandbox_cpu = 100 * (programs.SandboxCpu() - sandbox) / kDuration.count();
  round.memory_after = programs.MemoryMiB();
  round.reached_upstream = programs.ReportsAskedFor();
  return round;
}

int Main(const std::string& folder, const std::string& binaries) {
  std::vector<OverloadRound> rounds;
  {
    OverloadPrograms programs(binaries, kUpstreamDelay);
    OverloadLoad load(programs.grpc());
    if (!load.problem().empty()) {
      std::fprintf(stderr, "overload_bench: no invite: %s\n", load.problem().c_str());
      return 2;
    }
    std::printf("%d in flight, %d ms each: a capacity of %.0f calls/s; %d s for each load\n",
                kMaxInFlight, static_cast<int>(kUpstreamDelay.count()), kCapacity,
                static_cast<int>(kDuration.count()));
    std::fflush(stdout);
    for (const double times : kLoads) rounds.push_back(Run(programs, load, times));
  }
  std::printf("\n%s\n", TableOf(rounds).c_str());
  bool all_met = true;
  for (const Goal& goal : Judge(rounds)) {
    std::printf("%-6s  %s: %s\n", goal.met ? "met" : "MISSED", goal.what.c_str(),
                goal.seen.c_str());
    all_met = all_met && goal.met;
  }
  fs::create_directories(folder);
  const std::string chart = folder + "/overload.svg";
  std::ofstream(chart) << ChartOf(rounds);
  std::printf("\n%s\n", chart.c_str());
  const std::string why_void = WhyVoid(rounds, kCapacity);
  if (!why_void.empty()) {
    std::fprintf(stderr, "overload_bench: these figures mean nothing: %s\n", why_void.c_str());
    return 2;
  }
  return all_met ? 0 : 1;
}

}  // namespace
}  // namespace gw::bench

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "Usage: overload_bench FOLDER [DIRECTORY_OF_THE_PROGRAMS]\n");
    return 2;
  }
  const std::string own = std::filesystem::canonical("/proc/self/exe").parent_path().string();
  return gw::bench::Main(argv[1], argc == 3 ? argv[2] : own);
}
