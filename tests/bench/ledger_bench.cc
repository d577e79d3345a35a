// How many allocations a second the ledger records, and what the grouping of commits is worth.
#include <sys/statfs.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/ledger/postgres_store.h"
#include "service/ledger/sqlite_store.h"
#include "tests/bench/ledger_load.h"
#include "tests/support/postgres_server.h"

namespace gw::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kLeastRatio = 3;
constexpr double kAimOfSqlite = 5000;
constexpr int kRounds = 7;

std::string FileSystemOf(const std::string& folder) {
  struct statfs info = {};
  if (statfs(folder.c_str(), &info) != 0) return "unknown";
  switch (info.f_type) {
    case 0xEF53:
      return "ext4";
    case 0x58465342:
      return "xfs";
    case 0x9123683E:
      return "btrfs";
    case 0x794C7630:
      return "overlayfs";
    case 0x01021994:
      return "tmpfs";
    default: {
      char text[32];
      std::snprintf(text, sizeof text, "type %lx", static_cast<unsigned long>(info.f_type));
      return text;
    }
  }
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Way {
  std::string name;
  ledger::Store* store;
  size_t max_group;
  std::vector<double> rates, cpu, groups, ratios;
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "ledger_bench: %s\n", why.c_str());
  std::exit(2);
}

std::unique_ptr<ledger::Store> Opened(absl::StatusOr<std::unique_ptr<ledger::Store>> store) {
  if (!store.ok()) Die(store.status().ToString());
  return *std::move(store);
}

void RunOnce(Way& way, std::chrono::milliseconds duration, bool counts) {
  const LedgerRate rate = RunLedgerLoad(*way.store, {64, duration, way.max_group});
  if (!rate.problem.empty()) Die(way.name + ": " + rate.problem);
  if (!counts) return;
  way.rates.push_back(rate.per_second);
  way.cpu.push_back(rate.cpu_micros);
  way.groups.push_back(rate.group);
}

// Of each pair the first is grouped, and the second one by one.
bool Print(std::vector<Way>& ways) {
  bool enough = true;
  std::printf("\n%-26s %10s %22s %8s %10s %7s\n", "", "median/s", "lowest … highest", "group",
              "CPU µs", "ratio");
  for (size_t i = 0; i < ways.size(); ++i) {
    Way& way = ways[i];
    const Way& single = ways[i | 1];
    for (size_t r = 0; r < way.rates.size(); ++r) {
      way.ratios.push_back(way.rates[r] / single.rates[r]);
    }
    const auto [low, high] = std::minmax_element(way.rates.begin(), way.rates.end());
    std::printf("%-26s %10.0f %10.0f … %9.0f %8.1f %10.1f %7.2f\n", way.name.c_str(),
                Median(way.rates), *low, *high, Median(way.groups), Median(way.cpu),
                Median(way.ratios));
    if (i % 2 == 0 && Median(way.ratios) < kLeastRatio) {
      std::printf("  below %.0f times one commit per write\n", kLeastRatio);
      enough = false;
    }
  }
  if (Median(ways[0].rates) < kAimOfSqlite) {
    std::printf("  below %.0f/s on SQLite: is the machine quiet?\n", kAimOfSqlite);
  }
  return enough;
}

int Main(const std::string& folder) {
  fs::create_directories(folder);
  for (const auto& [what, where] : {std::pair<const char*, std::string>{"SQLite", folder},
                                    {"PostgreSQL", fs::temp_directory_path().string()}}) {
    std::printf("%s in %s (%s)\n", what, where.c_str(), FileSystemOf(where).c_str());
    if (FileSystemOf(where) == "tmpfs") Die("a memory is no disk: set TMPDIR, or name a folder");
  }
  const std::string file = folder + "/ledger_bench.db";
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) fs::remove(file + suffix);
  {
    const auto sqlite =
        Opened(ledger::SqliteStore::Open({file, {}, Secret(), ""}, SystemClock(), SystemRandom()));
    testing::PostgresServer server;
    ledger::PostgresStore::Options options;
    options.url = Secret(server.NewSchema());
    options.lease = absl::Seconds(60);
    options.renew_every = absl::Seconds(10);
    const auto postgres =
        Opened(ledger::PostgresStore::Open(options, SystemClock(), SystemRandom()));
    std::vector<Way> ways = {{"SQLite, grouped", sqlite.get(), 1024, {}, {}, {}, {}},
                             {"SQLite, one by one", sqlite.get(), 1, {}, {}, {}, {}},
                             {"PostgreSQL, grouped", postgres.get(), 1024, {}, {}, {}, {}},
                             {"PostgreSQL, one by one", postgres.get(), 1, {}, {}, {}, {}}};
    std::printf("64 in flight, %d rounds of a second for each\n", kRounds);
    for (Way& way : ways) RunOnce(way, std::chrono::milliseconds(300), false);
    for (int round = 0; round < kRounds; ++round) {
      for (Way& way : ways) RunOnce(way, std::chrono::milliseconds(1000), true);
    }
    const bool enough = Print(ways);
    postgres->Release();
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) fs::remove(file + suffix);
    return enough ? 0 : 1;
  }
}

}  // namespace
}  // namespace gw::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "Usage: ledger_bench FOLDER\n");
    return 2;
  }
  return gw::bench::Main(argv[1]);
}
