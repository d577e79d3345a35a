#include "service/observe/process_metrics.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "service/base/clock.h"

namespace gw::observe {
namespace {

// The value of a metric without labels; -1 without one.
double Value(const std::string& name) {
  Metrics metrics;
  ReadProcess(metrics);
  const std::string text = "\n" + metrics.Text();
  const size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::atof(text.c_str() + at + name.size() + 2);
}

TEST(ProcessMetrics, CountOpenDescriptors) {
  double before = 0;
  for (int fd = 0; fd < 4096; ++fd) before += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  EXPECT_EQ(Value("process_open_fds"), before);
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(Value("process_open_fds"), before + 1);
  close(fd);
  EXPECT_EQ(Value("process_open_fds"), before);
}

TEST(ProcessMetrics, TellTheLimitOfDescriptors) {
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(Value("process_max_fds"), static_cast<double>(limit.rlim_cur));
}

TEST(ProcessMetrics, MeasureMemoryInBytes) {
  rusage usage;
  const double resident = Value("process_resident_memory_bytes");
  getrusage(RUSAGE_SELF, &usage);
  // In KiB, and not as of this very moment: the kernel adds up what threads use now and then.
  const double most = 1024.0 * static_cast<double>(usage.ru_maxrss);
  EXPECT_GT(resident, most / 16);
  EXPECT_LT(resident, most * 2);
}

TEST(ProcessMetrics, CountCpuTimeThatOnlyGrows) {
  const double before = Value("process_cpu_seconds_total");
  EXPECT_GT(before, 0);
  EXPECT_GE(Value("process_cpu_seconds_total"), before);
}

TEST(ProcessMetrics, TellTheStartByTheClock) {
  const double start = Value("process_start_time_seconds");
  const double now = absl::ToDoubleSeconds(SystemClock().WallNow() - absl::UnixEpoch());
  EXPECT_LE(start, now + 1);
  EXPECT_GT(start, now - 24 * 60 * 60);
}

}  // namespace
}  // namespace gw::observe
