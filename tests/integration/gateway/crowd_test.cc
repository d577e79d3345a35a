// Ten thousand calls under way at once, or as many as the hard limit of descriptors leaves room
// for.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/integration/gateway/wave.h"

namespace gw::testing {
namespace {

constexpr int kWanted = 10'000;
constexpr int kOtherDescriptors = 200;  // which a program has beside the connections

// What follows `label` on its line of the process's `file` in /proc.
std::string Proc(const GatewayProcess& gateway, const std::string& file, const std::string& label) {
  std::ifstream lines("/proc/" + std::to_string(gateway.pid()) + "/" + file);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(label, 0) != 0) continue;
    std::string value;
    std::istringstream(line.substr(label.size())) >> value;
    return value;
  }
  return "";
}

// Plain, or over TLS.
class Crowd : public ::testing::TestWithParam<bool> {
 public:
  // The programs begin with a low soft limit and have to raise it.
  Crowd() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{std::min<rlim_t>(1024, before_.rlim_max), before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &low);
  }
  ~Crowd() override { setrlimit(RLIMIT_NOFILE, &before_); }

 protected:
  Sandbox MakeSandbox() {
    if (GetParam()) return Sandbox(directory_, TestCa());
    return Sandbox(directory_);
  }

  rlimit before_{};
  TemporaryDirectory directory_;
};

INSTANTIATE_TEST_SUITE_P(Over, Crowd, ::testing::Bool(),
                         [](const auto& over) { return over.param ? "Tls" : "Tcp"; });

TEST_P(Crowd, OfReportsIsUnderWayAtOnceAndDoesNotHoldUpACachedList) {
  Sandbox sandbox = MakeSandbox();
  const int calls =
      static_cast<int>(std::min<rlim_t>(kWanted, before_.rlim_max - kOtherDescriptors));
  Wave wave;
  for (const int delay_ms : {2'000, 8'000, 30'000, 120'000}) {
    GatewaySettings settings;
    settings.concero = "max_in_flight: 10000, max_queued: 5, timeout: 10m, examinations: {ttl: 1h}";
    if (GetParam()) settings.egress = "ca_file: \"" + sandbox.ca_file() + "\"";
    GatewayProcess gateway(directory_, sandbox.base_url(), settings);
    EXPECT_EQ(Proc(gateway, "limits", "Max open files"), std::to_string(before_.rlim_max));
    const int kib_before = std::stoi(Proc(gateway, "status", "VmRSS:"));
    wave = RunWave(gateway, sandbox, calls, /*channels=*/8, delay_ms);
    ASSERT_EQ(wave.failed, 0) << wave.failure;
    ASSERT_EQ(wave.wrong, 0);
    ASSERT_EQ(sandbox.Received("/report"), calls);
    if (wave.ended_before_the_list > 0 || wave.connections < calls - 1) continue;
    const int kib_peak = std::stoi(Proc(gateway, "status", "VmHWM:"));
    std::printf("%d calls at once%s, memory per call: %d KiB\n", calls,
                GetParam() ? " over TLS" : "", (kib_peak - kib_before) / calls);
    break;
  }
  EXPECT_EQ(wave.ended_before_the_list, 0);
  // Each has a connection of its own, but for the one that the list had left.
  EXPECT_GE(wave.connections, calls - 1);
}

}  // namespace
}  // namespace gw::testing
