// /statusz for people: one page of HTML that needs nothing else.
#pragma once

#include <string>

#include "service/admin/status.h"

namespace gw::admin {

struct StatusPageOptions {
  /// The page asks for itself anew after so many seconds; 0: it does not.
  int refresh_seconds = 0;
};

/// Complete, without scripts: readable in light and dark, on a phone and printed. Numbers that are
/// metrics as well stand in `<data value="…" data-metric="…">`, with the metric's name and labels.
/// Thread safety: pure.
std::string StatusPage(const Status& status, const StatusPageOptions& options);

}  // namespace gw::admin
