// Reads how far a clock is to be wrong.
//
// Thread safety: pure functions only.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace sandbox {

// "10m", "-10m", "+90s", "1h", "500ms", at most ten years either way; nullopt for anything else.
std::optional<std::chrono::milliseconds> ParseTimeShift(std::string_view text);

}  // namespace sandbox
