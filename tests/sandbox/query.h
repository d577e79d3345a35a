// The query of a request target.
//
// Thread safety: pure functions only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sandbox {

// The decoded values by their decoded names; empty without a query. nullopt for a name that comes
// twice, for one without a `=` or a name, and for a `%` without two hexadecimal digits. A `+` is a
// space, as in forms.
std::optional<std::map<std::string, std::string>> ParseQuery(std::string_view target);

}  // namespace sandbox
