// The last hour, drawn: a bar for each minute.
#pragma once

#include <string>
#include <vector>

#include "service/observe/history.h"

namespace gw::admin {

/// How often, and how it ended: failures at the bottom, what was refused on top of them, then the
/// rest. An inline SVG, whose colors are classes of the page's. `what` says for whoever cannot see
/// it what it is about; each bar has its numbers as a title. Thread safety: pure.
std::string CountChart(const std::vector<observe::History::Minute>& hour, const std::string& what);

/// How long it took: p99, with p50 before it. As above.
std::string TimeChart(const std::vector<observe::History::Minute>& hour, const std::string& what);

}  // namespace gw::admin
