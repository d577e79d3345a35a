// How much memory this process may use.
#pragma once

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

namespace gw::app {

/// In bytes: the smaller of what its cgroup allows (a container's limit) and its RLIMIT_RSS
/// (`LimitRSS=`, `ulimit -m`; the kernel itself does nothing about that one); kDefaultMemoryLimit
/// without either. Thread safety: any thread.
size_t MemoryLimit();

inline constexpr size_t kDefaultMemoryLimit = size_t{1536} << 20;

/// What `text` of a file memory.max allows; nothing for `max` and what cannot be read.
/// Thread safety: pure.
std::optional<size_t> ParseMemoryMax(absl::string_view text);

}  // namespace gw::app
