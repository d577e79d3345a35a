// /statusz.json: the same for programs.
#pragma once

#include <string>

#include "service/admin/status.h"

namespace gw::admin {

/// A JSON object with all that the page shows. Names are those of Status, in snake_case; durations
/// are seconds, times RFC 3339 in UTC; what is not known is not there. `hour` has a row for each
/// minute, oldest first: `[well, refused, failed, p50_seconds, p99_seconds]`. Thread safety: pure.
std::string StatusJson(const Status& status);

}  // namespace gw::admin
