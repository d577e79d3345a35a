// GetReport calls at a given rate, however the gateway does: an open loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "concero/v1/assessment.grpc.pb.h"

namespace gw::bench {

struct Percentiles {
  /// Milliseconds from the instant at which the call was to begin; 0 when there was no call.
  double p50 = 0;
  double p99 = 0;
};

/// What became of the calls of one round. Rates are calls a second, without those of the warm-up.
struct LoadResult {
  double offered = 0;
  double goodput = 0;
  /// By OVERLOADED with a RetryInfo, which is how it is to be.
  double refused = 0;
  Percentiles of_accepted, of_refused;
  /// Of the whole round, warm-up included.
  int64_t ok = 0;
  int64_t failed = 0;
  /// What the first that failed was told.
  std::string first_failure;
  /// The 99th percentile of how late a call was begun: the load's own fault, in milliseconds.
  double late = 0;
};

/// Thread safety: one thread uses it.
class OverloadLoad {
 public:
  /// `address` is HOST:PORT. Makes an invite, whose report is then asked for.
  explicit OverloadLoad(const std::string& address);

  /// Empty when the invite was made.
  const std::string& problem() const { return problem_; }

  /// Begins calls for `duration` at instants that have nothing to do with each other (Poisson; the
  /// same in every run), and returns when each has its answer.
  LoadResult Run(double per_second, std::chrono::seconds duration, std::chrono::seconds warm_up);

 private:
  std::vector<std::unique_ptr<concero::v1::AssessmentService::Stub>> stubs_;
  concero::v1::GetReportRequest request_;
  std::string problem_;
};

}  // namespace gw::bench
