// How many allocations a second the ledger records when it commits each write by itself.
//
// Usage: speed_single DIRECTORY MILLISECONDS
//
// Prints the number: 64 in flight, two commits each, on SQLite in a file in DIRECTORY.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "service/ledger/sqlite_store.h"
#include "tests/bench/ledger_load.h"

namespace gw::bench {
namespace {

int Main(const std::string& directory, std::chrono::milliseconds duration) {
  const auto store = ledger::SqliteStore::Open({directory + "/single.db", {}, Secret(), ""},
                                               SystemClock(), SystemRandom());
  if (!store.ok()) {
    std::fprintf(stderr, "speed_single: %s\n", store.status().ToString().c_str());
    return 1;
  }
  const LedgerRate rate = RunLedgerLoad(**store, {64, duration, 1});
  if (!rate.problem.empty()) {
    std::fprintf(stderr, "speed_single: %s\n", rate.problem.c_str());
    return 1;
  }
  std::printf("%.1f\n", rate.per_second);
  return 0;
}

}  // namespace
}  // namespace gw::bench

int main(int argc, char** argv) {
  const int milliseconds = argc == 3 ? std::atoi(argv[2]) : 0;
  if (milliseconds < 1) {
    std::fprintf(stderr, "Usage: speed_single DIRECTORY MILLISECONDS\n");
    return 2;
  }
  return gw::bench::Main(argv[1], std::chrono::milliseconds(milliseconds));
}
