// A gateway with its default limits in front of a slow sandbox, and what can be read of both.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/process.h"

namespace gw::bench {

/// Thread safety: one thread uses it. Whatever does not work ends this program with a message: the
/// figures would mean nothing. The programs die with the thread that made this.
class OverloadPrograms {
 public:
  /// `programs`: the directory that they are in. `delay`: the sandbox's, for each report.
  OverloadPrograms(const std::string& programs, std::chrono::milliseconds delay);
  /// Ends both; the gateway first.
  ~OverloadPrograms();

  /// Where callers reach the gateway.
  const std::string& grpc() const { return grpc_; }

  /// The reports that the sandbox was asked for since the last call of this.
  int64_t ReportsAskedFor();

  /// What each has used of the processor so far, in seconds.
  double GatewayCpu() const;
  double SandboxCpu() const;

  /// The gateway's resident memory.
  double MemoryMiB() const;

 private:
  testing::TemporaryDirectory directory_;
  std::unique_ptr<testing::Process> sandbox_, gateway_;
  std::string http_, grpc_, admin_;
};

}  // namespace gw::bench
