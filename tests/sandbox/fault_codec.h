// Reads the list of faults from its JSON form; refuses what it does not know.
//
// Thread safety: pure functions only.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/sandbox/faults.h"

namespace sandbox {

// The faults, or one line that names the element's index and the key that is wrong
// ("faults[2].every: must be ...").
std::variant<std::vector<Fault>, std::string> ParseFaults(std::string_view json);

}  // namespace sandbox
