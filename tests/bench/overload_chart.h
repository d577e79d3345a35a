// Goodput and p99 over the offered load, drawn as an SVG that needs nothing else. Pure.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/overload_goals.h"

namespace gw::bench {

/// Readable on a light and on a dark page; the page's own background shines through.
std::string ChartOf(const std::vector<OverloadRound>& rounds);

}  // namespace gw::bench
