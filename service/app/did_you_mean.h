// A suggestion for a misspelt name.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace gw::app {

/// The one of `names` that `written` was probably meant to be (at most a third of its letters
/// inserted, dropped or replaced, ignoring case), else empty.
/// Thread safety: pure.
std::string ClosestName(absl::string_view written, const std::vector<std::string>& names);

}  // namespace gw::app
