// What an overloaded gateway is to do, and whether it did. Pure.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/overload_load.h"

namespace gw::bench {

/// One offered load and what came of it.
struct OverloadRound {
  /// Of what the upstream can take.
  double times_capacity = 0;
  LoadResult load;
  /// The gateway's memory in MiB, before and after.
  double memory_before = 0, memory_after = 0;
  /// Of one processor, in percent.
  double gateway_cpu = 0, sandbox_cpu = 0;
  /// How often the upstream was asked.
  int64_t reached_upstream = 0;
};

struct Goal {
  std::string what;
  std::string seen;
  bool met = false;
};

/// The lowest goodput at 10 times the capacity, and the highest p99 of accepted calls anywhere.
struct Bounds {
  double least_goodput = 0;
  double most_p99 = 0;
};

/// `rounds`: in the order of their load; the first is the unloaded one, one is at the capacity.
Bounds BoundsOf(const std::vector<OverloadRound>& rounds);
std::vector<Goal> Judge(const std::vector<OverloadRound>& rounds);

/// Why the figures mean nothing: the load or the sandbox did not keep up. Empty when they did.
std::string WhyVoid(const std::vector<OverloadRound>& rounds, double capacity);

/// A table.
std::string TableOf(const std::vector<OverloadRound>& rounds);

}  // namespace gw::bench
