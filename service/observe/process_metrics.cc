#include "service/observe/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace gw::observe {
namespace {

constexpr double kUnknown = -1;

double OpenDescriptors() {
  std::error_code error;
  std::filesystem::directory_iterator it("/proc/self/fd", error);
  double n = 0;
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) ++n;
  return error ? kUnknown : n - 1;  // one of them is the look itself
}

double MaxDescriptors() {
  rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : kUnknown;
}

double ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t total, resident;
  if (!(file >> total >> resident)) return kUnknown;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return kUnknown;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// When the machine started, in seconds since 1970.
double BootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  double seconds;
  while (file >> word) {
    if (word == "btime" && file >> seconds) return seconds;
  }
  return kUnknown;
}

double StartTime() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // The 22nd field (proc(5)); the second is a name in parentheses, with whatever in it.
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return kUnknown;
  size_t at = name_end + 1;
  for (int field = 3; field <= 22 && at != std::string::npos; ++field) {
    at = line.find(' ', field == 3 ? at : at + 1);
  }
  const double boot = BootTime();
  double ticks;
  if (at == std::string::npos || boot < 0 || !(std::istringstream(line.substr(at)) >> ticks)) {
    return kUnknown;
  }
  return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

void ReadProcess(Metrics& metrics) {
  using Kind = ReadMetric::Kind;
  metrics.Read({"process_open_fds", "Open file descriptors.", Kind::kGauge, {}, OpenDescriptors});
  metrics.Read(
      {"process_max_fds", "The limit of open file descriptors.", Kind::kGauge, {}, MaxDescriptors});
  metrics.Read({"process_resident_memory_bytes",
                "Memory of the process in RAM.",
                Kind::kGauge,
                {},
                ResidentBytes});
  metrics.Read(
      {"process_cpu_seconds_total", "User and system CPU time.", Kind::kCounter, {}, CpuSeconds});
  metrics.Read({"process_start_time_seconds",
                "Start of the process, since the Unix epoch.",
                Kind::kGauge,
                {},
                [start = StartTime()] { return start; }});
}

}  // namespace gw::observe
